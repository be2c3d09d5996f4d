import type { Socket } from 'node:net';
import type { Client } from 'aedes';
import type { Principal } from '#model';
import { checkPublish, type ConnectPacket } from './authenticate.ts';
import { readFrames } from './frames.ts';
import { Lane, type Message } from './lane.ts';
import { Pace, type PaceOptions } from './pace.ts';

/** Bytes that may wait for a connection that publishes before it is no longer read. */
const unreadAnswers = 64 * 1024;

/** What a connection needs of the broker. */
export interface ConnectionDeps {
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /** A login as the registry has it now. */
  readonly principal: (name: string) => Principal | undefined;
  readonly frameCap: (role: Principal['role'] | 'stranger') => number;
  readonly pace: (role: Principal['role']) => PaceOptions;
  readonly append: (login: string, topic: string, payload: Buffer, done: () => void) => void;
  readonly hears: (topic: string) => boolean;
  readonly generation: () => number;
  readonly forward: (message: Message, client: Client) => void;
  readonly acknowledge: (socket: Socket, messageId: number) => void;
  readonly tooLarge: (connection: Connection, bytes: number, cap: number) => void;
  readonly held: (connection: Connection) => void;
  readonly tooFast: (connection: Connection) => void;
  /** True once nothing is taken any more. */
  readonly isClosing: () => boolean;
}

/** One socket: who logged in on it, and how its packets come in. */
export class Connection {
  readonly socket: Socket;
  readonly address: string;
  client!: Client;
  connect: ConnectPacket = {};
  #login: Principal | undefined;
  readonly #deps: ConnectionDeps;
  readonly #lane: Lane;
  #pace: Pace | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Messages that aedes has, and has not yet acknowledged. */
  #slow = 0;
  /** When the parser last saw a packet of this connection. */
  #seen = 0;

  constructor(socket: Socket, deps: ConnectionDeps) {
    this.socket = socket;
    this.address = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#deps = deps;
    this.#lane = new Lane({
      may: (topic) => this.#may(topic),
      append: (topic, payload, done) => deps.append(this.#login!.name, topic, payload, done),
      hears: deps.hears,
      generation: deps.generation,
      forward: (message) => deps.forward(message, this.client),
      acknowledge: (messageId) => deps.acknowledge(socket, messageId),
      isStale: () => this.#isStale(),
    });
    readFrames(socket, {
      cap: () => deps.frameCap(this.#login?.role ?? 'stranger'),
      tooLarge: (bytes) =>
        deps.tooLarge(this, bytes, deps.frameCap(this.#login?.role ?? 'stranger')),
      held: () => this.#isHeld(),
      take: (frame) => {
        if (this.#login === undefined || !this.client.connected || deps.isClosing()) return false;
        // PUBACKs leave in the order of their messages [MQTT-4.6.0-2], so none may overtake aedes's.
        if (this.#slow > 0) return false;
        if (this.#lane.take(frame, this.#resume)) return true;
        this.#seen = deps.clock();
        return false;
      },
      arrived: (first) => {
        if (first >> 4 === 3) this.#pace?.spend();
      },
    });
    socket.on('drain', this.#resume);
    socket.once('close', () => clearTimeout(this.#timer));
  }

  /** The login, whatever the registry says of it since. */
  get name(): string | undefined {
    return this.#login?.name;
  }

  /** The login as the registry has it now; none when its token was changed since it connected. */
  get login(): Principal | undefined {
    const now = this.#login && this.#deps.principal(this.#login.name);
    return now?.hash === this.#login?.hash ? now : undefined;
  }

  logIn(principal: Principal): void {
    this.#login = principal;
    this.#seen = this.#deps.clock();
    this.#pace = new Pace(this.#deps.pace(principal.role), this.#seen);
  }

  /** aedes asks about a message, and is done with one. */
  enterSlow(): void {
    this.#slow++;
  }
  leaveSlow(): void {
    this.#slow = Math.max(0, this.#slow - 1);
  }

  #may(topic: string): boolean {
    const login = this.login;
    return login !== undefined && checkPublish(login, topic) === undefined;
  }

  /** aedes cuts a client that it has not heard for one and a half keep-alive times [MQTT-3.1.2-24]. */
  #isStale(): boolean {
    const { keepalive = 0 } = this.connect;
    return keepalive > 0 && this.#deps.clock() - this.#seen >= keepalive * 500;
  }

  #isHeld(): boolean {
    if (this.#lane.isFull || this.socket.writableLength > unreadAnswers) return true;
    if (this.#pace === undefined) return false;
    if (this.#timer !== undefined) return true;
    const now = this.#deps.clock();
    const wasHeld = this.#pace.isHeld;
    const wait = this.#pace.wait(now);
    if (wait === 0) return false;
    if (!wasHeld) this.#deps.held(this);
    if (this.#pace.isOver(now)) {
      this.#deps.tooFast(this);
      this.socket.destroy();
      return true;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#resume();
    }, wait);
    return true;
  }

  readonly #resume = (): void => {
    if (!this.socket.destroyed) this.socket.emit('readable');
  };
}
