import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { connectFrame, publishFrame, type Payload } from './load-frames.ts';

/** Where a client publishes, and what. */
export interface Target {
  readonly topic: string;
  readonly payloads: readonly Payload[];
  seq: number;
  /** Time of its last message, epoch ms: no two have the same, since rules would pass over one. */
  last: number;
}

/** What all clients share: the options, and where they report. */
export interface Field {
  readonly host: string;
  readonly port: number;
  readonly qos: 0 | 1;
  readonly window: number;
  /** True while the closed loop has messages left; takes one. */
  take(client: LoadClient): boolean;
  /** When (ms of performance.now) its n-th message is due. */
  due(client: LoadClient, n: number): number;
  acked(due: number, count: number): void;
  closed(wasReady: boolean): void;
  ready(client: LoadClient): void;
}

/** One connection of the Node generator. */
export class LoadClient {
  readonly index: number;
  readonly login: string;
  readonly targets: Target[] = [];
  sent = 0;
  acked = 0;
  isReady = false;
  readonly #token: string;
  readonly #field: Field;
  #socket: Socket | undefined;
  #rest: Buffer = Buffer.alloc(0);
  readonly #inFlight = new Map<number, number>();

  constructor(field: Field, index: number, login: string, token: string) {
    this.#field = field;
    this.index = index;
    this.login = login;
    this.#token = token;
  }

  open(): void {
    const { host, port } = this.#field;
    const socket = connect({ host, port, noDelay: true });
    this.#socket = socket;
    this.#rest = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#field.closed(this.isReady);
      this.isReady = false;
    });
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('drain', () => this.pump());
    socket.write(connectFrame(this.login, this.#token));
  }

  /** Hangs up without a word, as a device without power does. */
  drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.isReady = false;
    socket?.destroy();
  }

  /** Sends what is due and what the window allows. */
  pump(): void {
    const frames: Buffer[] = [];
    while (
      this.isReady &&
      frames.length < this.#atOnce() &&
      !this.#socket!.writableNeedDrain &&
      this.#hasRoom() &&
      this.#field.take(this)
    ) {
      frames.push(this.#next());
    }
    if (frames.length > 0) this.#socket!.write(Buffer.concat(frames));
    if (frames.length === this.#atOnce()) setImmediate(() => this.pump());
  }

  /** Asks for a PINGRESP: it shows that every QoS 0 message before it was taken. */
  ping(): void {
    this.#socket?.write(Buffer.from([0xc0, 0]));
  }

  /** Messages before the others have their turn; without acknowledgements nothing else holds it back. */
  #atOnce(): number {
    return this.#field.qos === 0 ? 8 : 200;
  }

  #hasRoom(): boolean {
    return this.#field.qos === 0 || this.#inFlight.size < this.#field.window;
  }

  #next(): Buffer {
    const number = this.sent % this.targets.length;
    const target = this.targets[number]!;
    const variant = target.seq + 37 * (this.index + number);
    const payload = target.payloads[variant % target.payloads.length]!;
    const id = this.#field.qos === 0 ? 0 : 1 + (this.sent % 65_535);
    if (id > 0) this.#inFlight.set(id, this.#field.due(this, this.sent));
    this.sent += 1;
    const now = Math.floor(performance.timeOrigin + performance.now());
    target.last = Math.max(now, target.last + 1);
    return publishFrame(target.topic, payload, { id, number: target.seq++, now: target.last });
  }

  #read(chunk: Buffer): void {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    while (bytes.length >= 2 && bytes.length >= 2 + bytes[1]!) {
      this.#take(bytes);
      bytes = bytes.subarray(2 + bytes[1]!);
    }
    this.#rest = bytes;
    this.pump();
  }

  #take(frame: Buffer): void {
    const type = frame[0]! >> 4;
    if (type === 2 && frame[3] === 0) {
      this.isReady = true;
      this.#field.ready(this);
    } else if (type === 4) {
      const id = frame.readUInt16BE(2);
      this.acked += 1;
      this.#field.acked(this.#inFlight.get(id) ?? 0, 1);
      this.#inFlight.delete(id);
    } else if (type === 13) {
      this.#field.acked(-1, this.sent - this.acked);
      this.acked = this.sent;
    }
  }
}
