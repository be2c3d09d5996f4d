import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { reject, type Health, type LogEntry, type Now, type Rejection } from '#model';
import { createAcknowledgements } from './acknowledge.ts';
import { checkPublish } from './authenticate.ts';
import { Window } from './window.ts';

/** Somebody else's MQTT 3.1.1 broker, to whose topics we listen. */
export interface SourceOptions {
  readonly name: string;
  readonly url: string;
  readonly clientId: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** PEM of the authority that its certificate hangs on; the system's own where absent. */
  readonly ca?: Buffer | undefined;
  readonly topics: readonly string[];
  readonly qos: 0 | 1;
}

export interface SourceDeps {
  /** The packets log: `done` is called once the entry is flushed, and only then does the source hear PUBACK. */
  readonly append: (entry: LogEntry, done: () => void) => void;
  readonly now: Now;
  /** Told of messages that are not taken. */
  readonly refused: (rejection: Rejection, who: { login: string }) => void;
  /** Most levels of a topic. */
  readonly levels: number;
  /** Largest payload in bytes. */
  readonly frame: number;
}

/** A source that we listen to. */
export interface Source {
  health(): Health;
  close(): Promise<void>;
}

/** Milliseconds between attempts to connect; it goes on for ever. */
const patience = 5_000;

/**
 * Listens to a foreign broker as a durable session: what it acknowledges late, it delivers again. The
 * name in the log is `source:NAME`, which no login can have.
 */
export function openSource(options: SourceOptions, deps: SourceDeps): Source {
  const { name, url, topics, qos } = options;
  const login = `source:${name}`;
  const principal = {
    name: login,
    role: 'bridge',
    hash: '',
    publish: topics,
    subscribe: [],
  } as const;
  let problem: string | undefined = 'not connected yet';
  const window = new Window();
  const acknowledgements = createAcknowledgements();

  const client: MqttClient = connect(url, {
    ...settings(options),
    manualConnect: true,
  });
  // mqtt.js reads on when a message is dealt with, and then sends PUBACK at once: one message a commit.
  // As QoS 0 they may wait here together, and PUBACK is ours.
  client.on('packetreceive', (packet) => {
    if (packet.cmd === 'publish' && packet.qos === 1) packet.qos = 0;
  });
  client.handleMessage = (packet, callback) => {
    const bytes = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload);
    const { topic, messageId } = packet;
    const isOwed = packet.qos === 0 && messageId !== undefined; // only what came with QoS 1
    // A connection of its own each: what it never acknowledged, the next one brings again.
    const { stream } = client;
    const flushed = window.enter(bytes.length, () => {
      if (isOwed) acknowledgements.add(stream, messageId);
    });
    const { isFull } = window;
    const refused =
      checkOurs(topic) ??
      checkPublish(principal, topic, deps.levels) ??
      checkSize(bytes, deps.frame);
    if (refused !== undefined) {
      deps.refused(refused, { login });
      flushed();
      return callback();
    }
    deps.append({ receivedAt: deps.now(), principal: login, topic, bytes }, () => {
      flushed();
      if (isFull) callback();
    });
    if (!isFull) callback();
  };
  client.on('connect', () => {
    client.subscribe([...topics], { qos }, (error, granted = []) => {
      const denied = granted.filter((each) => each.qos > 2).map((each) => each.topic);
      if (error) problem = error.message;
      else problem = denied.length > 0 ? `it refuses ${denied.join(', ')}` : undefined;
    });
  });
  client.on('error', (error) => {
    problem = error.message;
  });
  client.on('close', () => {
    problem ??= 'the connection is lost';
  });
  client.connect();

  const part = `source ${name}`;
  return {
    health: () =>
      problem === undefined
        ? { part, state: 'ok' }
        : { part, state: 'waiting', reason: `${new URL(url).host}: ${problem}` },
    async close() {
      await client.endAsync(true);
    },
  };
}

function settings({ clientId, username, password, ca, qos }: SourceOptions): IClientOptions {
  return {
    protocolVersion: 4,
    clientId,
    clean: qos === 0,
    reconnectPeriod: patience,
    reconnectOnConnackError: true, // a login may be mended over there
    resubscribe: false, // done at each connect: the other side may have forgotten us
    connectTimeout: 30_000,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(ca !== undefined && { ca }),
  };
}

/** Nobody else's messages may look like ours. */
function checkOurs(topic: string): Rejection | undefined {
  if (!topic.startsWith('$siaga/')) return undefined;
  return reject('broker.topic_denied', '$siaga/ is our own', 'topic');
}

function checkSize(bytes: Buffer, most: number): Rejection | undefined {
  if (bytes.length <= most) return undefined;
  return reject('broker.packet_too_large', `${bytes.length} bytes; the limit is ${most}`);
}
