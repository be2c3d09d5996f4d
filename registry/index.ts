export { createDirectory, type Change, type Entry, type LiveDirectory } from './directory.ts';
export { createRegistry, type Registry } from './registry.ts';
export { loadEntries } from './read.ts';
export { readTable, type TableFormat, type TableRow } from './table-file.ts';
export { registryMigrations, type RegistryTables } from './tables.ts';
export { createTrial } from './trial.ts';
export { hashToken, newToken, tokenMatches } from './token.ts';
export { loadZones, shippedZones, type Zone, type Zones } from './zones.ts';
