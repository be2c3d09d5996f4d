import { isRejection, reject, type Rejection } from '#model';
import { named, type Format, type Message, type RefusedPart, type Who } from './envelope.ts';
import { isObject, parseJson, show } from './json.ts';
import { readMovement } from './spat-movement.ts';
import { readMoment, saysMinute } from './spat-time.ts';
import { readTime } from './time.ts';

const topicForm = /^spat\/([^/]{1,128})$/;

/** A message has at most so many [SAE J2735, IntersectionStateList, MovementList]. */
const [maxIntersections, maxMovements] = [32, 255];

/**
 * Signal Phase and Timing (SAE J2735; SPATEM of ETSI TS 103 301) as JSON, on `spat/{intersection}`: of each
 * signal group what it shows, and the seconds in which that changes at the earliest and at the latest.
 */
export const spat: Format = {
  name: 'spat',

  owns: (topic) => topic.startsWith('spat/'),

  read({ topic, payload, receivedAt }) {
    const [, id] = topicForm.exec(topic) ?? [];
    if (id === undefined) {
      return reject('ingest.format_unknown', 'SPaT comes on spat/{intersection}', 'topic');
    }
    const parsed = parseJson(payload);
    if (isRejection(parsed)) return parsed;
    const found = findIntersections(parsed.json);
    if (isRejection(found)) return found;
    const refused: RefusedPart[] = [];
    const isAlone = found.list.length === 1;
    const messages = found.list.flatMap((each, index) => {
      const part = `intersections[${index}]`;
      const who = isAlone ? {} : whose(each);
      const said = isRejection(who)
        ? who
        : readIntersection(each, { part, found, receivedAt, refused });
      if (!isRejection(said)) return said.map((own) => ({ ...own, ...who }));
      refused.push({ part, rejection: { field: part, ...said } });
      return [];
    });
    return { says: 'values', who: named('spat', id), strict: true, messages, refused };
  },
};

interface Found {
  readonly list: readonly unknown[];
  /** The minute of the year of the whole message. */
  readonly moy: unknown;
  /** When a network took it from the air, where it says so. */
  readonly heardAt: number | undefined;
}

/** What encoders wrap the list of intersections in, or call it. */
const wrappers = [
  'payload',
  'data',
  'value',
  'MessageFrame',
  'SPAT',
  'spat',
  'intersections',
  'intersectionStateList',
  'intersectionStatelist',
  'IntersectionState',
];

function findIntersections(json: unknown): Found | Rejection {
  let [node, moy] = [json, undefined as unknown];
  for (let depth = 0; depth < wrappers.length && isObject(node); depth += 1) {
    const { [wrappers.find((name) => Object.hasOwn(node as object, name)) ?? '']: next } = node;
    moy = node['timeStamp'] ?? moy;
    node = next;
  }
  if (!Array.isArray(node) || node.length === 0) {
    return reject('ingest.body_invalid', 'a list of intersections is needed', 'intersections');
  }
  if (node.length > maxIntersections) {
    const reason = `${node.length} intersections; at most ${maxIntersections}`;
    return reject('ingest.body_invalid', reason, 'intersections');
  }
  const metadata = isObject(json) && isObject(json['metadata']) ? json['metadata'] : {};
  return { list: node, moy, heardAt: readTime(metadata['odeReceivedAt']) };
}

/** Whom one of several intersections speaks for: the topic names only one. */
function whose(intersection: unknown): { readonly who: Who } | Rejection {
  const { id } = isObject(intersection) ? intersection : {};
  const own = isObject(id) ? id['id'] : id;
  if (Number.isInteger(own)) {
    return { who: { identities: [{ system: 'spat', id: String(own) }] } };
  }
  return reject('ingest.body_invalid', `one of several needs an id, not ${show(own)}`);
}

interface Scene {
  readonly part: string;
  readonly found: Found;
  readonly receivedAt: number;
  readonly refused: RefusedPart[];
}

function readIntersection(intersection: unknown, scene: Scene): Message[] | Rejection {
  if (!isObject(intersection)) {
    return reject('ingest.body_invalid', `an object is needed, not ${show(intersection)}`);
  }
  const { part, refused } = scene;
  const { status, states: said } = intersection;
  const states = isObject(said) ? said['movementList'] : said;
  if (!Array.isArray(states) || states.length > maxMovements) {
    return reject('ingest.body_invalid', `states are needed, at most ${maxMovements}`);
  }
  const flags = isObject(status) ? status : {};
  const isSuspect = flags['noValidSPATisAvailableAtThisTime'] === true;
  const common = { ...timeOf(intersection, scene), isSuspect };
  const mode = modeOf(flags);
  const messages: Message[] =
    mode === undefined ? [] : [{ ...common, part, path: part, values: { mode } }];
  for (const [index, each] of states.entries()) {
    const path = `${part}.states[${index}]`;
    const at = common.time ?? scene.receivedAt;
    const movement = readMovement(each, path, at, refused);
    if (isRejection(movement))
      refused.push({ part: path, rejection: { field: path, ...movement } });
    else messages.push({ ...common, part: path, path, ...movement });
  }
  return messages;
}

function timeOf(
  { moy, timeStamp }: Readonly<Record<string, unknown>>,
  { found, receivedAt }: Scene,
): { readonly time: number | undefined; readonly isRelative: boolean } {
  const marks = { moy: moy ?? found.moy, timeStamp };
  return {
    time: readMoment(marks, found.heardAt ?? receivedAt) ?? found.heardAt,
    // A place in a minute is of the minute in which it came: sent again later, it would be of another.
    isRelative: found.heardAt === undefined && !saysMinute(marks),
  };
}

/** What the controller does, if its flags [IntersectionStatusObject] say that for sure. */
function modeOf(flags: Readonly<Record<string, unknown>>): string | undefined {
  if (flags['failureFlash'] === true) return 'conflict_flash';
  if (flags['off'] === true) return 'dark';
  if (flags['manualControlIsEnabled'] === true) return 'manual';
  // In stand-by it flashes or is dark; in failure nobody knows.
  const isOpen = flags['standbyOperation'] === true || flags['failureMode'] === true;
  return isOpen || flags['failureFlash'] !== false ? undefined : 'normal';
}
