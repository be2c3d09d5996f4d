import type { Point, Value } from '#model';

// Not the client's Point: it throws on NaN where we want the database to refuse the one line, and it
// writes a tag that ends in a backslash, which no InfluxDB can parse.

/** A backslash and the sign itself. */
const escaped = String.raw`\$&`;

/**
 * The point in line protocol with its time in nanoseconds. Numbers are floats, never `5i`: a field
 * that was once written as an integer refuses every 5.5 that follows.
 */
export function toLine({ measurement, tags, fields, time, nano }: Point): string {
  let line = escapeMeasurement(measurement);
  for (const [name, value] of Object.entries(tags)) {
    const text = tagValue(value);
    // An empty tag value does not parse; leaving the tag out means the same.
    if (text !== '') line += `,${name}=${escape(text)}`;
  }
  const values = Object.entries(fields).map(([name, value]) => `${escape(name)}=${literal(value)}`);
  // As text: a number can't hold nanoseconds since 1970.
  return `${line} ${values.join(',')} ${time}${String(nano).padStart(6, '0')}`;
}

/**
 * A tag's value as the database keeps it. A line break would end the line, and a backslash at the
 * end would escape the separator behind it; neither can be escaped, so one becomes a space and the
 * other goes, as in Telegraf.
 */
export function tagValue(value: string): string {
  return value.replaceAll(/[\r\n]+/g, ' ').replace(/\\+$/, '');
}

function literal(value: Value): string {
  return typeof value === 'string'
    ? `"${value.replaceAll(/["\\]/g, escaped)}"`
    : String(Number(value));
}

function escape(text: string): string {
  return text.replaceAll(/[ ,=]/g, escaped);
}

function escapeMeasurement(name: string): string {
  return name.replaceAll(/[ ,]/g, escaped);
}
