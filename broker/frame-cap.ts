import type { Duplex } from 'node:stream';

/**
 * Watches the frame lengths that pass through a connection's `read` and cuts it at the first frame
 * larger than `cap()`, before the parser has buffered it: aedes itself has no limit, and collects
 * whatever a stranger announces. `onTooLarge` gets the announced size in bytes.
 */
export function capFrames(
  stream: Duplex,
  cap: () => number,
  onTooLarge: (bytes: number) => void,
): void {
  const read = stream.read.bind(stream);
  const scan = createScan(cap);
  stream.read = (size?: number) => {
    const chunk = read(size) as Buffer | null;
    if (chunk === null) return null;
    const tooLarge = scan(chunk);
    if (tooLarge === undefined) return chunk;
    onTooLarge(tooLarge);
    stream.destroy();
    return null;
  };
}

/** Follows the fixed headers [MQTT-2.2] across chunks; the result is the size of a frame over the cap. */
function createScan(cap: () => number): (chunk: Buffer) => number | undefined {
  let body = 0; // bytes of the present frame still to come
  let shift = -1; // −1: the next byte is a packet type; else the bits of the length read so far
  let length = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length;) {
      if (body > 0) {
        const step = Math.min(body, chunk.length - at);
        body -= step;
        at += step;
        continue;
      }
      const byte = chunk[at++]!;
      if (shift < 0) {
        shift = 0;
        length = 0;
        continue;
      }
      length += (byte & 0x7f) * 2 ** shift;
      shift += 7;
      if (byte < 0x80 || shift >= 28) {
        if (length > cap()) return length;
        body = length;
        shift = -1;
      }
    }
    return undefined;
  };
}
