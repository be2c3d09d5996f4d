export { createBroker, type Broker, type BrokerDeps, type BrokerOptions } from './broker.ts';
export { guards, type Guard, type Limits } from './limits.ts';
