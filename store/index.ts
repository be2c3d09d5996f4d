export { toPoint } from './point.ts';
export { createInfluxStore } from './influx.ts';
export type { InfluxOptions } from './influx-server.ts';
export { createSqliteStore, type SqliteOptions } from './sqlite.ts';
