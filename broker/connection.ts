import type { Client } from 'aedes';
import type { Now, Principal } from '#model';
import type { ConnectPacket } from './authenticate.ts';
import type { Authorize } from './authorize.ts';
import { readFrames, type Frame, type FramesOptions } from './frames.ts';
import { Lane, type Inflight, type LaneDeps, type Message } from './lane.ts';
import type { Pace } from './pace.ts';
import { isOtherVersion, unacceptable } from './version.ts';
import type { Wire } from './wire.ts';

/** Bytes that may wait for a connection that publishes before it is no longer read. */
const unreadAnswers = 64 * 1024;

/** The packet's type [MQTT-3.14.1]. */
const disconnect = 14;

/** What a connection needs of the broker. */
export interface ConnectionDeps {
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  readonly now: Now;
  readonly principal: (name: string) => Principal | undefined;
  readonly authorize: Authorize;
  /** Of a login; undefined while it is not known. */
  readonly frameCap: (login: Principal | undefined) => number;
  /** A login has come in, and goes at a pace. */
  readonly enter: (login: Principal, now: number) => Pace;
  /** It is gone; lost is one that nobody has announced. */
  readonly leave: (login: Principal, now: number, isLost: boolean) => void;
  readonly inflight: Inflight;
  readonly append: (login: string, topic: string, payload: Buffer, done: () => void) => void;
  readonly hears: (topic: string) => boolean;
  readonly generation: () => number;
  readonly forward: (message: Message, client: Client) => void;
  readonly acknowledge: (socket: Wire, messageId: number) => void;
  readonly full: () => void;
  readonly tooLarge: (connection: Connection, bytes: number, cap: number) => void;
  readonly otherVersion: (connection: Connection) => void;
  readonly held: (connection: Connection) => void;
  readonly tooFast: (connection: Connection) => void;
  /** True once nothing is taken any more. */
  readonly isClosing: () => boolean;
}

/**
 * One socket: who logged in on it, and how its packets come in. Its methods are what the frames and the
 * lane ask for: a city has tens of thousands of these, and closures in their place would weigh a kilobyte.
 */
export class Connection implements LaneDeps, FramesOptions {
  readonly socket: Wire;
  readonly address: string;
  client!: Client;
  connect: ConnectPacket = {};
  #packet: ConnectPacket | undefined;
  #login: Principal | undefined;
  readonly #deps: ConnectionDeps;
  readonly #lane: Lane;
  #pace: Pace | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Ids of QoS 2 messages that aedes has, and has not yet answered: one that comes twice counts once. */
  #entering: Set<number> | undefined;
  #filters: Set<string> | undefined;
  /** Messages that aedes has, and has not yet handed on. */
  #slow: Set<object> | undefined;
  /** When it came in, when it was last read, and when a packet last came. */
  #begun = 0;
  #read = 0;
  #seen = 0;
  /** Whether its end will be told by its will, or was by DISCONNECT. */
  #isTold = false;
  #silence: NodeJS.Timeout | undefined;

  constructor(socket: Wire, deps: ConnectionDeps) {
    this.socket = socket;
    this.address = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#deps = deps;
    this.#lane = new Lane(this, deps.inflight);
    readFrames(socket, this);
    socket.on('drain', this.#resume);
    socket.once('close', () => {
      clearTimeout(this.#timer);
      clearTimeout(this.#silence);
      if (this.#login !== undefined) deps.leave(this.#login, deps.clock(), this.#isLost());
    });
  }

  /** The login, whatever the registry says of it since. */
  get name(): string | undefined {
    return this.#login?.name;
  }

  /** The login as the registry has it now; none when its token no longer works. */
  get login(): Principal | undefined {
    const known = this.#login && this.#deps.principal(this.#login.name);
    if (known?.hash === this.#login?.hash) return known;
    const { previous } = known ?? {};
    const isPrevious = previous?.hash === this.#login?.hash && this.#deps.now() < previous!.until;
    return isPrevious ? known : undefined;
  }

  /** Takes CONNECT down, and its keep-alive time away from aedes, which sees too few packets to judge. */
  begin(packet: ConnectPacket): void {
    this.#packet = packet;
    this.connect = { ...packet };
    packet.keepalive = 0;
  }

  logIn(principal: Principal): void {
    this.#login = principal;
    const { keepalive, will } = this.connect;
    this.#isTold = will !== undefined;
    this.connect = keepalive === undefined ? {} : { keepalive };
    // aedes's parser keeps the packet as long as the connection lasts: no token stays behind.
    if (this.#packet !== undefined) this.#packet.password = undefined;
    this.#packet = undefined;
    this.#begun = this.#read = this.#seen = this.#deps.clock();
    this.#pace = this.#deps.enter(principal, this.#seen);
    this.socket.expect?.(this.cap());
    this.#watch();
  }

  /** The topic filters that it listens to. */
  get filters(): Set<string> {
    return (this.#filters ??= new Set());
  }

  /** aedes asks about a message, and is done with one; QoS 2 has an order of its own. */
  enterSlow(packet: { readonly qos: number; readonly messageId?: number }): void {
    if (packet.qos < 2) (this.#slow ??= new Set()).add(packet);
    else (this.#entering ??= new Set()).add(packet.messageId!);
  }
  leaveSlow(packet: { readonly qos: number; readonly messageId?: number }): void {
    if (packet.qos < 2) this.#slow?.delete(packet);
    else this.#entering?.delete(packet.messageId!);
  }

  /** Whether as many messages of QoS 2 are entering or `received` as may be; one of them needs no other place. */
  isFull(id: number, received: ReadonlySet<number>, most: number): boolean {
    const entering = (this.#entering ??= new Set());
    if (received.size + entering.size < most) return false;
    const all = received.union(entering);
    return all.size >= most && !all.has(id);
  }

  cap(): number {
    return this.#deps.frameCap(this.#login);
  }

  tooLarge(bytes: number): void {
    this.#deps.tooLarge(this, bytes, this.cap());
  }

  take(frame: Frame): boolean {
    if (this.#login === undefined) return this.#refuses(frame);
    if (!this.client.connected || this.#deps.isClosing()) return false;
    // Subscribers get messages in the order of their coming [MQTT-4.6.0-6]: none may overtake aedes's.
    if (this.#slow !== undefined && this.#slow.size > 0) return false;
    return this.#lane.take(frame, this.#resume);
  }

  #refuses(frame: Frame): boolean {
    // What comes behind a refusal goes nowhere.
    if (this.socket.writableEnded) return true;
    if (!isOtherVersion(frame)) return false;
    this.#deps.otherVersion(this);
    this.socket.end(unacceptable, () => this.socket.destroy());
    return true;
  }

  arrived(first: number): void {
    this.#seen = this.#read;
    if (first >> 4 === 3) this.#pace?.spend();
    else if (first >> 4 === disconnect) this.#isTold = true;
  }

  may(topic: string): boolean {
    const login = this.login;
    return login !== undefined && this.#deps.authorize(login, topic) === undefined;
  }

  append(topic: string, payload: Buffer, done: () => void): void {
    this.#deps.append(this.#login!.name, topic, payload, done);
  }

  hears(topic: string): boolean {
    return this.#deps.hears(topic);
  }

  generation(): number {
    return this.#deps.generation();
  }

  forward(message: Message): void {
    this.#deps.forward(message, this.client);
  }

  acknowledge(messageId: number): void {
    this.#deps.acknowledge(this.socket, messageId);
  }

  full(): void {
    this.#deps.full();
  }

  /** Cuts a client that has said nothing for one and a half keep-alive times [MQTT-3.1.2-24]. */
  #watch(): void {
    const patience = (this.connect.keepalive ?? 0) * 1_500;
    if (patience === 0) return;
    // Whom we do not read is not silent.
    if (this.#lane.isFull || this.#timer !== undefined) this.#seen = this.#deps.clock();
    const left = patience - (this.#deps.clock() - this.#seen);
    if (left > 0) this.#silence = setTimeout(() => this.#watch(), Math.ceil(left));
    else this.socket.destroy();
  }

  /**
   * Whether it should be there still. Who sleeps between reports drops its connection soon: only a client
   * that was heard a whole keep-alive time after it came has shown that it means to stay.
   */
  #isLost(): boolean {
    if (this.#isTold || this.#deps.isClosing() || this.login === undefined) return false;
    const { keepalive = 0 } = this.connect;
    return keepalive > 0 && this.#seen - this.#begun >= keepalive * 1_000;
  }

  held(): boolean {
    if (this.#lane.isFull || this.socket.writableLength > unreadAnswers) return true;
    if (this.#pace === undefined) return false;
    if (this.#timer !== undefined) return true;
    const now = (this.#read = this.#deps.clock());
    const { isHeld: wasHeld } = this.#pace;
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
