import type { Rejection } from '#model';
import { defaultFile, loadConfig, type Config } from '#app/config.ts';

/** Exit codes, as sysexits(3) has them. */
export const exit = { ok: 0, failed: 1, usage: 64, configuration: 78 } as const;

/** What follows an option; a list where it may be given several times. */
export type OptionValue = string | boolean | readonly string[] | undefined;

/** A command line taken apart. */
export interface Call {
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, OptionValue>>;
  readonly env: NodeJS.ProcessEnv;
}

/** A command: does its work, prints, and resolves with the exit code. */
export type CommandLine = (call: Call) => Promise<number>;

/** Says what is wrong with a command line; its exit code. */
export function usage(reason: string): number {
  process.stderr.write(`siaga: ${reason}; see ./siaga --help\n`);
  return exit.usage;
}

/** Says all problems of the configuration; its exit code. */
export function tell(problems: readonly Rejection[]): number {
  for (const { code, field, reason } of problems) {
    process.stderr.write(`siaga: ${field === undefined ? '' : `${field}: `}${reason} [${code}]\n`);
  }
  return exit.configuration;
}

/** Says that a command could not do its work; its exit code. */
export function fail(reason: string): number {
  process.stderr.write(`siaga: ${reason}\n`);
  return exit.failed;
}

/** The file that `--config` names, if it does. */
export function configFile({ values }: Call): string | undefined {
  return text(values['config']);
}

/** The configuration that the command works with, or all that is wrong in it. */
export function configOf(call: Call): Config | Rejection[] {
  return loadConfig(configFile(call) ?? defaultFile, call.env);
}

/** An option's text; undefined where it is not given. */
export function text(value: OptionValue): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** An option's whole number, `otherwise` where it is not given; NaN when it is none. */
export function count(value: OptionValue, otherwise: number): number {
  if (typeof value !== 'string') return otherwise;
  return /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
}
