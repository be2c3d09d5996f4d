import { chirpstack } from './chirpstack.ts';
import type { Format } from './envelope.ts';
import { native } from './native.ts';
import { tts } from './tts.ts';

/** All formats, the most frequent first. */
export const formats: readonly Format[] = [native, tts, chirpstack];
