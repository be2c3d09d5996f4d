import type { Kysely } from 'kysely';
import type { IncidentTables } from './tables.ts';

/** The next number of a sequence, from 1; taken back with the transaction, so there are no gaps. */
export async function nextNumber(
  trx: Kysely<IncidentTables>,
  name: 'incident' | 'incident_event' | 'report',
): Promise<number> {
  const { value } = await trx
    .insertInto('sequence')
    .values({ name, value: 1 })
    .onConflict((c) =>
      c.column('name').doUpdateSet((eb) => ({ value: eb('sequence.value', '+', 1) })),
    )
    .returning('value')
    .executeTakeFirstOrThrow();
  return value;
}

/** A number as the last part of an id: padded, so that ids sort as text in the order of filing. */
export function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
