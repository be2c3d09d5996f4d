export { createBroker, type Broker, type BrokerDeps, type BrokerOptions } from './broker.ts';
export type { Guard, Limits } from './limits.ts';
