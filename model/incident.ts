import { z } from 'zod';
import { reject, type Rejection } from './error.ts';

/** An incident's life; Indonesian labels and Open311's two words beside it. */
export const incidentStatuses = {
  new: { en: 'New', id: 'Menunggu', open311: 'open' },
  triage: { en: 'Triage', id: 'Koordinasi', open311: 'open' },
  assigned: { en: 'Assigned', id: 'Disposisi', open311: 'open' },
  in_progress: { en: 'In progress', id: 'Proses', open311: 'open' },
  verifying: { en: 'Verifying', id: 'Menunggu verifikasi', open311: 'open' },
  resolved: { en: 'Resolved', id: 'Selesai', open311: 'closed' },
  rejected: { en: 'Rejected', id: 'Ditolak', open311: 'closed' },
} as const;

export const incidentStatus = z.enum(
  Object.keys(incidentStatuses) as [IncidentStatus, ...IncidentStatus[]],
);
export type IncidentStatus = keyof typeof incidentStatuses;

/** Where an incident may go from each status; reopening goes back to `new`. */
const next: Record<IncidentStatus, readonly IncidentStatus[]> = {
  new: ['triage', 'assigned', 'in_progress', 'verifying', 'resolved', 'rejected'],
  triage: ['assigned', 'in_progress', 'verifying', 'resolved', 'rejected'],
  assigned: ['triage', 'in_progress', 'verifying', 'resolved', 'rejected'],
  in_progress: ['triage', 'assigned', 'verifying', 'resolved', 'rejected'],
  verifying: ['in_progress', 'resolved', 'new'],
  resolved: ['new'],
  rejected: ['new'],
};

/** The status after a step, or a Rejection that says which steps there are. */
export function transition(from: IncidentStatus, to: IncidentStatus): IncidentStatus | Rejection {
  if (next[from].includes(to)) return to;
  return reject(
    'incidents.transition_refused',
    `an incident in ${from} can go to ${next[from].join(', ')}, not to ${to}`,
    'to',
  );
}

/** Whether work on it is over. */
export function isClosed(status: IncidentStatus): boolean {
  return incidentStatuses[status].open311 === 'closed';
}
