import { z } from 'zod';
import { didYouMean } from '#model';
import { maxFrame, type Grammar, type Items, type Part } from './grammar.ts';
import { numberTypes, unsigned } from './number-type.ts';

const finite = z.number().min(-1e12).max(1e12);
const upTo = (most: number): z.ZodInt => z.int().min(1).max(most);
const type = z.enum(numberTypes);
const whole = z.enum(unsigned);
const name = z
  .string()
  .regex(/^[A-Za-z](?:[\w.+-]|\{channel\}){0,63}$/, 'a letter, then letters, digits, . _ + -');

const formula = {
  scale: finite.optional(),
  divide: finite.refine((by) => by !== 0, 'nothing is divided by 0').optional(),
  offset: finite.optional(),
};
const unit = z.string().min(1).max(32).optional();
const meaning = {
  ...formula,
  missing: z.array(finite).min(1).max(16).optional(),
  map: z
    .record(z.string().regex(/^-?\d{1,10}$/), z.union([z.string(), finite, z.boolean()]))
    .optional(),
  boolean: z.literal(true).optional(),
  unit,
};

const parts: z.ZodType<readonly Part[]> = z.lazy(() =>
  z
    .array(part)
    .min(1)
    .max(128)
    .refine((list) => list.slice(0, -1).every((each) => !('items' in each)), {
      message: 'items go up to the end: nothing can follow them',
    }),
);
const bit = z.strictObject({ at: z.int().min(0).max(31), width: upTo(32).default(1), ...meaning });

/** The forms of a part, by the member that tells which it is. */
const forms = {
  name: z.strictObject({ name, type, count: upTo(64).optional(), ...meaning }),
  bits: z.strictObject({ bits: whole, of: z.record(name, bit) }),
  skip: z.strictObject({ skip: upTo(maxFrame) }),
  time: z.strictObject({ time: z.literal('u32') }),
  flags: z.strictObject({ flags: whole, groups: z.array(parts).min(1).max(32) }),
  switch: z.strictObject({ switch: whole, cases: byNumber(parts, 65_535) }),
  items: z.strictObject({
    header: z
      .array(z.enum(['id', 'channel', 'length']))
      .min(1)
      .max(4),
    items: z.record(z.string(), parts),
    /** Items of no use, by their length: `2: ff 09, fe|ff 02`. Versions, settings, answers to commands. */
    unused: byNumber(z.string(), maxFrame).prefault({}),
  }),
};
type FormName = keyof typeof forms;
const formNames = Object.keys(forms) as FormName[];

/** A union of zod would only say "invalid input": the form is found first, and its own words are told. */
const part: z.ZodType<Part> = z.unknown().transform((value, context): Part => {
  const isObject = typeof value === 'object' && value !== null;
  const form = formNames.find((each) => isObject && Object.hasOwn(value, each));
  if (form === undefined) {
    return refuse(context, [], `one of ${formNames.join(', ')} is needed`);
  }
  const parsed = forms[form].safeParse(value);
  if (parsed.success) return 'items' in parsed.data ? toItems(parsed.data, context) : parsed.data;
  for (const issue of parsed.error.issues) {
    if (issue.code !== 'unrecognized_keys') refuse(context, issue.path, issue.message);
    else {
      for (const key of issue.keys) {
        const near = issue.path.length > 0 ? '' : didYouMean(key, Object.keys(forms[form].shape));
        refuse(context, [...issue.path, key], `unknown name${near}`);
      }
    }
  }
  return z.NEVER;
});

const port = upTo(255);
const frame = z
  .strictObject({
    port: z.union([port.transform((one) => [one]), z.array(port).min(1)]).optional(),
    length: upTo(maxFrame).optional(),
    where: byNumber(z.int().min(0).max(255), maxFrame - 1).prefault({}),
    ignore: z.literal(true).optional(),
    parts: parts.optional(),
  })
  .refine(({ ignore, parts: own }) => (ignore === undefined) !== (own === undefined), {
    message: 'write exactly one of: parts, ignore',
  });

const computed = z.strictObject({
  name,
  of: name,
  divide_by: name.optional(),
  power: z.int().min(2).max(4).optional(),
  ...formula,
  unit,
});

/** `bytes:` of a profile: how the raw frames of a device are read. */
export const grammar: z.ZodType<Grammar> = z.strictObject({
  endian: z.enum(['big', 'little']).default('big'),
  frames: z.array(frame).min(1).max(64),
  compute: z.array(computed).max(32).default([]),
});

/** A record whose names are whole numbers, as a map. */
function byNumber<Value extends z.ZodType>(value: Value, most: number) {
  return z.record(z.string(), value).transform((record, context) => {
    for (const key of Object.keys(record)) {
      const isNumber = /^\d{1,5}$/.test(key) && Number(key) <= most;
      if (!isNumber) refuse(context, [key], `a whole number up to ${most} is needed`);
    }
    return new Map(Object.entries(record).map(([key, one]) => [Number(key), one]));
  });
}

/** Finds items by their id, written in bytes of two hexadecimal digits: `03 82`, or `fe|ff 02` for either. */
function toItems(
  { header, items, unused }: z.output<typeof forms.items>,
  context: z.RefinementCtx,
): Items {
  const ids = header.filter((byte) => byte === 'id').length;
  const found = new Map<number, readonly Part[]>();
  const add = (member: string, id: string, own: readonly Part[]): void => {
    const keys = readIds(id, ids);
    if (keys === undefined) {
      const example = Array<string>(ids).fill('0a').join(' ');
      const reason = `an id is ${ids} of the header's bytes, each as two digits: ${example}`;
      refuse(context, [member, id], reason);
    }
    for (const key of keys ?? []) {
      if (found.has(key)) refuse(context, [member, id], 'it stands here already');
      found.set(key, own);
    }
  };
  for (const [id, own] of Object.entries(items)) add('items', id, own);
  for (const [skip, own] of unused) {
    for (const id of own.split(/, */)) add('unused', id, [{ skip }]);
  }
  if (ids === 0) refuse(context, ['header'], 'a header has an id');
  if (found.size > 256) refuse(context, ['items'], `${found.size} items; at most 256`);
  return { header, items: found };
}

/** Every id that a text stands for, its bytes as one number. */
function readIds(text: string, length: number): number[] | undefined {
  const bytes = text.split(' ').map((either) => either.split('|'));
  const isId = bytes.length === length && bytes.flat().every((byte) => /^[0-9a-f]{2}$/.test(byte));
  if (!isId) return undefined;
  return bytes.reduce<number[]>(
    (keys, either) =>
      keys.flatMap((key) => either.map((byte) => key * 256 + Number.parseInt(byte, 16))),
    [0],
  );
}

function refuse(context: z.RefinementCtx, path: PropertyKey[], message: string): never {
  context.addIssue({ code: 'custom', path, message });
  return z.NEVER;
}
