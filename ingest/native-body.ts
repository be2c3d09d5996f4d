import { z } from 'zod';
import type { Metric } from '#model';
import { isObject } from './decoders/json.ts';
import { isSegment } from './decoders/native-topic.ts';
import { readTime } from './decoders/time.ts';
import type { Units } from './units.ts';

/*
 * The native body as a schema: what the contract says, in one place. The road checks the same by hand
 * (decoders/native.ts, interpret.ts, canonical.ts), since zod costs ten times as much a message; a test
 * holds the two together, verdict by verdict.
 */

const time = z
  .unknown()
  .refine((value) => readTime(value) !== undefined)
  .nullish();
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** What may be said of a metric: a plain value, null (no reading), or `{v, u, t, q}`. */
function valueOf(metric: Metric | undefined, units: Units): z.ZodType {
  const plain = plainOf(metric);
  const said = z.looseObject({
    v: plain.nullish(),
    u: z.string().optional(),
    t: time,
    q: z.enum(['good', 'suspect']).optional(),
  });
  if (metric?.type !== 'number') {
    return z.unknown().superRefine((value, context) => {
      const schema = isObject(value) && 'v' in value ? said : plain.nullish();
      if (!schema.safeParse(value).success) context.addIssue({ code: 'custom' });
    });
  }
  const { unit } = metric;
  return z.unknown().superRefine((value, context) => {
    if (!isObject(value) || !('v' in value)) {
      if (!plain.nullish().safeParse(value).success) context.addIssue({ code: 'custom' });
      return;
    }
    const { u, v } = value;
    const isOther = typeof u === 'string' && u !== unit && typeof v === 'number';
    const conversion = isOther ? units.conversion(u, unit) : undefined;
    const own = isOther ? { ...value, v: conversion?.(v) ?? Number.NaN } : value;
    if (!said.safeParse(own).success) context.addIssue({ code: 'custom' });
  });
}

/** A value as its metric has it; where there is no such metric, none is right. */
function plainOf(metric: Metric | undefined): z.ZodType {
  switch (metric?.type) {
    case undefined:
      return z.never();
    case 'number':
      return z
        .number()
        .min(metric.min ?? -Number.MAX_VALUE)
        .max(metric.max ?? Number.MAX_VALUE);
    case 'boolean':
      return z.boolean();
    case 'enum':
      return z.enum(metric.values as [string, ...string[]]);
  }
}

/** The native body of a device on an asset with these metrics: a message, or an array of them. */
export function nativeBody(metrics: ReadonlyMap<string, Metric>, units: Units): z.ZodType {
  const schemas = new Map([...metrics].map(([name, metric]) => [name, valueOf(metric, units)]));
  const none = valueOf(undefined, units);

  // Not z.record: it does not look at a name such as `__proto__`, which JSON may well hold.
  const values = z.custom<Record<string, unknown>>(isObject).superRefine((given, context) => {
    const names = Object.keys(given);
    if (names.length > 256) return context.addIssue({ code: 'custom' });
    for (const name of names) {
      const schema = schemas.get(name) ?? none;
      if (!schema.safeParse(given[name]).success)
        context.addIssue({ code: 'custom', path: [name] });
    }
  });

  const head = z.looseObject({
    v: z.literal(1).optional(),
    key: z.custom<string>(isSegment).nullish(),
    ts: time,
    seq: count.nullish(),
  });
  const message = z.custom<Record<string, unknown>>(isObject).superRefine((body, context) => {
    const { v: _v, ts: _ts, boot, seq, key: _key, ...flat } = body;
    const isFlat = body['values'] === undefined;
    const issues = [
      ...(head.safeParse(body).error?.issues ?? []),
      ...(values.safeParse(isFlat ? flat : body['values']).error?.issues ?? []).map((issue) => ({
        ...issue,
        path: isFlat ? issue.path : ['values', ...issue.path],
      })),
    ];
    for (const { path } of issues) context.addIssue({ code: 'custom', path: [...path] });
    // Starts are looked at where messages are counted.
    const counts = count.safeParse(seq).success;
    if (counts && !count.nullish().safeParse(boot).success)
      context.addIssue({ code: 'custom', path: ['boot'] });
  });
  return z.unknown().superRefine((body, context) => {
    const schema = Array.isArray(body) ? z.array(message).max(1_000) : message;
    for (const { path } of schema.safeParse(body).error?.issues ?? [])
      context.addIssue({ code: 'custom', path: [...path] });
  });
}
