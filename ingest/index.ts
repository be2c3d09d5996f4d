export * from './letters.ts';
export { openMemory, prepareBatch, type DecodeMemory, type PreparedBatch } from './decode-batch.ts';
export { readReading, Tail } from './tail.ts';
export { openCursor, readAccounts, settle, type Account, type Cursor } from './ledger.ts';
export * from './logs.ts';
export { ingestMigrations, type IngestTables } from './tables.ts';
export { createDecode, type Decoded } from './decode.ts';
export * from './models.ts';
export { hashKey, KeyTable } from './key-table.ts';
