import { readdirSync } from 'node:fs';
import { corporaPath } from './city.ts';

/** Files of the corpora that are nobody's message: the row that tells why, and which they are. */
export const withoutRow: readonly (readonly [file: string, form: RegExp, why: string])[] = [
  ['MANIFEST.md, */LICENSE', /^(?:MANIFEST\.md|[\w-]+\/LICENSE)$/, 'what the files are, and whose'],
  [
    'smart-data-models/*/schema.json',
    /^smart-data-models\/\w+\/schema\.json$/,
    'the form of an entity, without one',
  ],
  [
    'lwm2m-ucifi/*.xml',
    /^lwm2m-ucifi\/(?:\d+|LWM2M_senml_units)\.xml$/,
    'names and units, of which the profile `ucifi` is made; no values',
  ],
  [
    'senml/ex*.resolved.json',
    /^senml\/ex[1-5]\.resolved\.json$/,
    'the published answers of the five packs',
  ],
  [
    'atspm/sample_raw_data.parquet',
    /^atspm\/sample_raw_data\.parquet$/,
    'the two hours whose first 6,000 rows are the CSV; no controller sends Parquet',
  ],
  [
    'atspm/sample_config.parquet',
    /^atspm\/sample_config\.parquet$/,
    'which detector is of which phase, as an office keeps it',
  ],
  [
    'edinburgh-bins/collections-34-sites.csv',
    /^edinburgh-bins\/collections-34-sites\.csv$/,
    'what crews wrote down; the simulators follow it',
  ],
  ['kupang-kelurahan.geojson', /^kupang-kelurahan\.geojson$/, 'a map'],
];

/** All files of the corpora, by their paths in it. */
export function corpusFiles(): string[] {
  return readdirSync(corporaPath, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.replaceAll(/\/+/g, '/'))
    .map((path) => path.slice(corporaPath.pathname.length));
}

/** Those that have neither a sample nor a reason for having none. */
export function unaccounted(files: readonly string[], sampled: ReadonlySet<string>): string[] {
  return files.filter(
    (file) => !sampled.has(file) && !withoutRow.some(([, form]) => form.test(file)),
  );
}
