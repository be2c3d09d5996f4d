export { createBroker, type Broker, type BrokerDeps, type BrokerOptions } from './broker.ts';
