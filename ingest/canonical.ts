import { reject, type Metric, type Rejection, type Value } from '#model';
import { show } from './decoders/json.ts';
import type { Units } from './units.ts';

/** A value as a metric of its kind has it: right type, metric's unit, within bounds; or why it is not. */
export function canonical(
  metric: Metric,
  value: unknown,
  unit: string | undefined,
  units: Units,
): Value | Rejection {
  switch (metric.type) {
    case 'number':
      return canonicalNumber(metric, value, unit, units);
    case 'boolean':
      if (typeof value === 'boolean') return value;
      return reject('ingest.value_type', `true or false is needed, not ${show(value)}`);
    case 'enum':
      if (typeof value === 'string' && metric.values.includes(value)) return value;
      return reject(
        'ingest.value_type',
        `one of ${metric.values.join(', ')} is needed, not ${show(value)}`,
      );
  }
}

function canonicalNumber(
  metric: Extract<Metric, { type: 'number' }>,
  value: unknown,
  unit: string | undefined,
  units: Units,
): number | Rejection {
  if (typeof value !== 'number') {
    return reject('ingest.value_type', `a number is needed, not ${show(value)}`);
  }
  let converted = value;
  if (unit !== undefined && unit !== metric.unit) {
    const conversion = units.conversion(unit, metric.unit);
    if (conversion === undefined) {
      const reason = `${show(unit)} is not known, or can't be turned into ${metric.unit}`;
      return reject('ingest.unit_unknown', reason);
    }
    converted = conversion(value);
  }
  const { min = -Number.MAX_VALUE, max = Number.MAX_VALUE } = metric;
  // 1e999 is valid JSON and infinite.
  if (converted >= min && converted <= max) return converted;
  const reason = `${converted} ${metric.unit} is outside ${metric.min ?? '-∞'} to ${metric.max ?? '∞'}`;
  return reject('ingest.value_out_of_bounds', reason);
}
