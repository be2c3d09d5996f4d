import { eventually } from '../support/server.ts';
import type { Message } from './acknowledged.ts';
import type { Place } from './place.ts';
import { seqBase } from './sink.ts';

/** The books as `/api/v1/ledger` has them. */
export interface Books {
  readonly packets: { readonly accepted: number };
  readonly consumers: readonly {
    readonly consumer: string;
    readonly base: number;
    readonly cursor: number;
    readonly pending: number;
    readonly balanced: boolean;
    readonly classes: Readonly<Record<string, number>>;
  }[];
}

/** What counts after a fault: everything is 0, or the promise is broken. */
export interface Verdict {
  readonly acknowledged: number;
  readonly missing: number;
  readonly doubles: number;
  readonly overwritten: number;
  /** Consumers whose books do not balance. */
  readonly unbalanced: number;
  /** Records that ended dead or corrupt. */
  readonly lost: number;
  /** Records that were still pending when patience ended; then what is missing may be on its way. */
  readonly pending: number;
  /** Seconds until nothing was pending. */
  readonly drained: number;
}

/** Waits until nothing is pending, and counts what the sink has against what was acknowledged. */
export async function judge(place: Place, patience = 60): Promise<Verdict> {
  const messages: ReadonlySet<Message> = place.list.read();
  const from = performance.now();
  const books = await drain(place, messages.size, patience).catch(() => readBooks(place));
  const consumers = books?.consumers ?? [];
  return {
    acknowledged: messages.size,
    ...(await compare(place, messages)),
    unbalanced: 3 - consumers.filter(isBalanced).length,
    pending: books === undefined ? messages.size : sum(consumers.map(({ pending }) => pending)),
    lost: sum(consumers.map(({ classes }) => sum([classes['dead'], classes['corrupt']]))),
    drained: (performance.now() - from) / 1_000,
  };
}

async function compare(
  place: Place,
  messages: ReadonlySet<Message>,
): Promise<Pick<Verdict, 'missing' | 'doubles' | 'overwritten'>> {
  const { sink } = place;
  if (place.series === 'sink') {
    const missing = sink.missing(messages);
    return { missing, doubles: sink.doubles(), overwritten: sink.overwritten() };
  }
  const stored = await storedOf(place);
  return {
    missing: [...messages].filter((message) => !stored.messages.has(message)).length,
    doubles: stored.points - stored.messages.size,
    overwritten: 0, // whichever was overwritten is missing
  };
}

/** Resolves with the books once nothing is pending and at least `accepted` packets were taken. */
export function drain(place: Place, accepted: number, patience = 60): Promise<Books> {
  return eventually(
    () => readBooks(place),
    (books) =>
      books !== undefined &&
      books.packets.accepted >= accepted &&
      books.consumers.length === 3 &&
      books.consumers.every(({ pending }) => pending === 0),
    patience,
  ).then((books) => books!);
}

/** The books now; undefined from a server that is being helped up. */
async function readBooks(place: Place): Promise<Books | undefined> {
  const answer = await place.server.api<Books>('GET', '/api/v1/ledger').catch(() => undefined);
  return answer?.status === 200 ? answer.body : undefined;
}

function isBalanced({ balanced, base, cursor, classes }: Books['consumers'][number]): boolean {
  return balanced && sum(Object.values(classes)) === cursor - base;
}

function sum(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}

interface Sample {
  readonly asset: string;
  readonly time: string;
  readonly value: number;
}

/** What the series store holds, asked for by the API, page by page of time. */
async function storedOf(
  place: Place,
): Promise<{ readonly messages: ReadonlySet<Message>; readonly points: number }> {
  const messages = new Set<Message>();
  let points = 0;
  for (const asset of place.tokens.keys()) {
    const read = async (metric: string): Promise<Sample[]> => {
      const path = `/api/v1/readings?kind=bin&metric=${metric}&asset=${asset}&limit=10000`;
      const { body } = await place.server.api<{ items: Sample[] }>('GET', path);
      if (body.items.length === 10_000) throw new Error(`${asset} said more than one page holds`);
      return body.items;
    };
    const low = await read('distance');
    const high = await read('weight');
    points += low.length;
    low.forEach(({ value }, i) => {
      messages.add(`${asset} ${high[i]!.value * seqBase + value}`);
    });
  }
  return { messages, points };
}
