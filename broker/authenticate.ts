import type { Client } from 'aedes';
import { reject, type Directory, type Now, type Principal, type Rejection } from '#model';
import { anonymousName } from './anonymous.ts';
import { textProblem } from './text.ts';
import { matches } from './topic-filter.ts';
import { certificateName, type Wire } from './wire.ts';

/** What a client says of itself when it connects. */
export interface Connect {
  readonly clientId: string;
  readonly clean: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly will: string | undefined;
  /** Without a user name, where such are let in. */
  readonly isAnonymous: boolean;
  /** Whom a verified client certificate names; then the login is that, and needs no token. */
  readonly certificate: string | undefined;
}

export interface AuthenticateDeps {
  readonly directory: Pick<Directory, 'principal'>;
  readonly now: Now;
  /** Compares a token with a kept hash in constant time. */
  readonly tokenMatches: (token: string, hash: string | undefined) => boolean;
  /** The login that is connected under a client id now. */
  readonly loginOf: (clientId: string) => string | undefined;
  /** Most levels of a topic. */
  readonly levels: number;
}

/** CONNACK return codes [MQTT-3.2.2.3]. */
export const returnCodes = {
  'broker.client_id_invalid': 2,
  'broker.client_id_taken': 2,
  'broker.login_failed': 4,
  'broker.sessions_full': 2,
  'broker.topic_denied': 5,
  'broker.topic_invalid': 5,
  'broker.topic_too_deep': 5,
} as const;

const wildcard = /[+#]/;

const checks = [checkClientId, checkLogin, checkTaken, checkWill];

/** Lets a client in, as the principal it proves to be by the hash of its own token, or says why not. */
export function authenticate(connect: Connect, deps: AuthenticateDeps): Principal | Rejection {
  for (const check of checks) {
    const refused = check(connect, deps);
    if (refused) return refused;
  }
  const principal = deps.directory.principal(connect.username ?? '')!;
  return { ...principal, hash: hashFor(connect, principal, deps)! };
}

/** The hash that a client has the right to: by its certificate, its token, or the one before while that works. */
function hashFor(
  { password = '', certificate, isAnonymous }: Connect,
  known: Principal | undefined,
  { now, tokenMatches }: AuthenticateDeps,
): string | undefined {
  const { hash, previous } = known ?? {};
  if (isAnonymous) return hash;
  if (certificate !== undefined) return hash || undefined;
  if (tokenMatches(password, hash)) return hash;
  if (previous === undefined || now() >= previous.until) return undefined;
  return tokenMatches(password, previous.hash) ? previous.hash : undefined;
}

function checkClientId({ clientId, clean, username, isAnonymous }: Connect): Rejection | undefined {
  const problem = textProblem(clientId);
  if (problem) return invalidId(`the client id holds ${problem}`);
  if (clean) return undefined;
  // [MQTT-3.1.3-8]: a session that outlives its connection needs a name.
  if (clientId === '') return invalidId('an empty client id needs a clean session');
  if (isAnonymous) return undefined;
  // Otherwise one login could take over, and read, the session that another left behind.
  if (clientId === username || clientId.startsWith(`${username}:`)) return undefined;
  return invalidId(`a durable session's client id is the login, or begins with it and a colon`);
}

function checkLogin(connect: Connect, deps: AuthenticateDeps): Rejection | undefined {
  const { username = '', certificate } = connect;
  const known = textProblem(username) ? undefined : deps.directory.principal(username);
  if (certificate !== undefined && certificate !== username) {
    const reason = `the client certificate is that of ${certificate}`;
    return reject('broker.login_failed', reason, 'username');
  }
  if (hashFor(connect, known, deps) !== undefined) return undefined;
  return reject('broker.login_failed', 'no such login, or a wrong token', 'username');
}

function checkTaken(
  { clientId, username }: Connect,
  deps: AuthenticateDeps,
): Rejection | undefined {
  // Under the name of another login it could shut that one out, or wipe the session it left behind.
  const [owner] = clientId.split(':', 1);
  if (owner !== username && deps.directory.principal(owner ?? '')) {
    return reject('broker.client_id_taken', `it is kept for the login ${owner}`, 'clientId');
  }
  const holder = deps.loginOf(clientId);
  if (holder === undefined || holder === username) return undefined;
  return reject('broker.client_id_taken', 'another login is connected under it', 'clientId');
}

function checkWill({ username, will }: Connect, deps: AuthenticateDeps): Rejection | undefined {
  if (will === undefined) return undefined;
  return checkPublish(deps.directory.principal(username ?? '')!, will, deps.levels);
}

/** Why a principal may not publish to a topic; undefined when it may. */
export function checkPublish(
  principal: Principal,
  topic: string,
  levels: number,
): Rejection | undefined {
  // What stands in a device's list is made of names that the registry has checked; only a filter is no topic.
  const isFilter = wildcard.test(topic);
  if (principal.role === 'device' && !isFilter && principal.publish.includes(topic)) {
    return undefined;
  }
  const problem = textProblem(topic);
  if (problem) return reject('broker.topic_invalid', `the topic holds ${problem}`, 'topic');
  // aedes looks at the topics of PUBLISH, but not at those of wills [MQTT-3.3.2-2, 4.7.3-1].
  if (topic === '' || isFilter) {
    return reject('broker.topic_invalid', 'the topic is empty or holds a wildcard', 'topic');
  }
  const tooDeep = checkDepth(topic, levels);
  if (tooDeep) return tooDeep;
  if (principal.publish.some((filter) => matches(filter, topic))) return undefined;
  return reject(
    'broker.topic_denied',
    `${principal.name} may publish to ${principal.publish.join(', ')}`,
    'topic',
  );
}

/** Why a topic or a filter has too many levels; qlobber, aedes's matcher, throws at the 101st. */
export function checkDepth(topic: string, levels: number): Rejection | undefined {
  let count = 1;
  for (let at = topic.indexOf('/'); at >= 0; at = topic.indexOf('/', at + 1)) count++;
  if (count <= levels) return undefined;
  const reason = `${count} levels; ${levels} are as many as a topic may have`;
  return reject('broker.topic_too_deep', reason, 'topic');
}

function invalidId(reason: string): Rejection {
  return reject('broker.client_id_invalid', reason, 'clientId');
}

/** The fields of CONNECT that we look at [MQTT-3.1]; `keepalive` in seconds. */
export interface ConnectPacket {
  readonly clientId?: string;
  readonly clean?: boolean;
  keepalive?: number;
  password?: unknown;
  readonly will?: { readonly topic: string };
}

/** Reads what aedes knows of a connecting client. */
export function describeConnect(
  client: Client,
  { connect: packet, socket }: { readonly connect: ConnectPacket; readonly socket: Wire },
  username: string | undefined,
  password: Buffer | undefined,
  { directory }: Pick<AuthenticateDeps, 'directory'>,
): Connect {
  const certificate = certificateName(socket);
  const isAnonymous =
    (username ?? certificate) === undefined && directory.principal(anonymousName) !== undefined;
  return {
    clientId: packet.clientId ?? client.id,
    clean: packet.clean ?? true,
    username: isAnonymous ? anonymousName : (username ?? certificate),
    isAnonymous,
    password: password?.toString('utf8'),
    will: packet.will?.topic,
    certificate,
  };
}
