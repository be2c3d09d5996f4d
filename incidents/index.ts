export { loadCategories, shippedCategories, type Categories, type Category } from './category.ts';
export { createDesk, type Desk } from './desk.ts';
export type { Taken } from './file-breach.ts';
export { incidentMigrations } from './migrations.ts';
export { open311, type Open311Options } from './open311.ts';
export * from './queries.ts';
export * from './read-breaches.ts';
export * from './read-reports.ts';
export type { ClosedBy, IncidentTables, LinkKind } from './tables.ts';
