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
  let line = startOf(measurement, tags);
  let isFirst = true;
  for (const name of Object.keys(fields)) {
    const { first, next } = labelOf(name);
    line += isFirst ? first : next;
    line += literal(fields[name]!);
    isFirst = false;
  }
  // Without a field the line is as wrong as the point, and the database says so.
  if (isFirst) line += ' ';
  // As text: a number can't hold nanoseconds since 1970.
  return `${line} ${time}${String(nano).padStart(6, '0')}`;
}

/** Measurement and tags of a line, once for each tag set that is used again and again. */
const starts = new WeakMap<
  Point['tags'],
  { readonly measurement: string; readonly text: string }
>();

function startOf(measurement: string, tags: Point['tags']): string {
  const known = starts.get(tags);
  if (known?.measurement === measurement) return known.text;
  let text = escapeMeasurement(measurement);
  for (const [name, value] of Object.entries(tags)) {
    const tag = tagValue(value);
    // An empty tag value does not parse; leaving the tag out means the same.
    if (tag !== '') text += `,${name}=${escape(tag)}`;
  }
  starts.set(tags, { measurement, text });
  return text;
}

interface Label {
  readonly first: string;
  readonly next: string;
}

/** What stands before a field's value; as many as the kinds have metrics. */
const labels = new Map<string, Label>();

function labelOf(name: string): Label {
  let label = labels.get(name);
  if (label === undefined) {
    const text = escape(name);
    label = { first: ` ${text}=`, next: `,${text}=` };
    if (labels.size < 1_000) labels.set(name, label);
  }
  return label;
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
  if (typeof value === 'number') return String(value);
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
