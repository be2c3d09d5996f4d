export * from './letters.ts';
export { prepareBatch, type PreparedBatch } from './decode-batch.ts';
export { readReading, Tail } from './tail.ts';
export { openCursor, readAccounts, settle, type Account, type Cursor } from './ledger.ts';
export * from './logs.ts';
export { ingestMigrations, type IngestTables } from './tables.ts';
export { createDecode, type Decode, type Decoded } from './decode.ts';
export * from './models.ts';
export * from './memory.ts';
