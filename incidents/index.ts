export { loadCategories, shippedCategories, type Categories, type Category } from './category.ts';
export { createDesk, type Desk } from './desk.ts';
export type { Taken } from './file-breach.ts';
export { incidentMigrations } from './migrations.ts';
export { open311, type Open311Options } from './open311.ts';
export { getIncident, listIncidents, type IncidentQuery } from './queries.ts';
export { listBreaches, type BreachQuery } from './read-breaches.ts';
export { getReport, listReports, type ReportQuery } from './read-reports.ts';
export type { IncidentTables } from './tables.ts';
