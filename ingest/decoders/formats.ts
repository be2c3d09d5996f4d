import { chirpstack } from './chirpstack.ts';
import { connection } from './connection.ts';
import type { Format } from './envelope.ts';
import { fiware } from './fiware.ts';
import { hires } from './hires.ts';
import { native } from './native.ts';
import { rsmp } from './rsmp.ts';
import { senml } from './senml.ts';
import { sparkplug } from './sparkplug.ts';
import { spat } from './spat.ts';
import { thingsboard } from './thingsboard.ts';
import { tts } from './tts.ts';

/** All formats, the most frequent first. */
export const formats: readonly Format[] = [
  native,
  tts,
  chirpstack,
  thingsboard,
  fiware,
  senml,
  rsmp,
  sparkplug,
  hires,
  spat,
  connection,
];
