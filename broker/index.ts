export { createBroker } from './broker.ts';
export { readSecrets } from './certificate.ts';
export type { Broker, BrokerDeps, BrokerOptions } from './contract.ts';
export type { Guard, Limits } from './limits.ts';
export type { Submission, Submit } from './submit.ts';
export { openSource, type Source, type SourceDeps, type SourceOptions } from './source.ts';
export type { SessionStoreDeps } from './session-store.ts';
