import type { WriteStream } from 'node:tty';
import type { City } from './city.ts';
import type { Meter } from './meter.ts';

/** What a person sees of the simulation, on standard error. */
export interface Screen {
  /** One line that stays. */
  log(line: string): void;
  /** How far a long piece of work has come: on a terminal at once, elsewhere every five seconds. */
  progress(what: string, done: number, total: number): void;
  /** Begins to show the status line: each second on a terminal, each half minute elsewhere. */
  watch(status: () => string): void;
  close(): void;
}

/** The part of standard error that is used. */
export type Terminal = Pick<WriteStream, 'write'> & { isTTY?: boolean; columns?: number };

export function createScreen(terminal: Terminal, quiet: boolean): Screen {
  const live = terminal.isTTY === true;
  let timer: NodeJS.Timeout | undefined;
  let told = performance.now();

  /** Overwrites the line where the cursor is. */
  function overwrite(line: string): void {
    // A terminal of unknown width says 0 columns.
    terminal.write(`\r\u001B[2K${line.slice(0, (terminal.columns || 80) - 1)}`);
  }

  function log(line: string): void {
    terminal.write(live ? `\r\u001B[2K${line}\n` : `${line}\n`);
  }

  return {
    log,
    progress(what, done, total) {
      if (quiet) return;
      const line = `${what} ${done} of ${total}`;
      if (done === total) log(line);
      else if (live) overwrite(line);
      else if (performance.now() - told > 5_000) {
        told = performance.now();
        log(line);
      }
    },
    watch(status) {
      if (quiet) return;
      let second = 0;
      timer = setInterval(() => {
        second += 1;
        const line = status();
        if (live) overwrite(line);
        else if (second % 30 === 0) log(line);
      }, 1_000);
    },
    close() {
      clearInterval(timer);
      if (live && timer !== undefined) terminal.write('\n');
    },
  };
}

/** City time, how fast it runs, and what came of it, in one line. */
export function statusLine(
  city: City,
  time: number,
  rate: number,
  meter: Meter,
  devices: number,
): string {
  const local = new Date(time + city.clock.offset * 3_600_000);
  const clock = `${local.toISOString().slice(0, 19).replace('T', ' ')} ${city.clock.name} ×${rate}`;
  const faults = [...meter.faults].map(({ kind, asset }) => `${kind} ${asset.id}`).join(', ');
  const latency = meter.latencies();
  return [
    clock,
    `${meter.online}/${devices} online`,
    `${meter.sent} sent`,
    `${meter.acknowledged} acknowledged`,
    ...(meter.dropped > 0 ? [`${meter.dropped} dropped`] : []),
    ...(latency ? [`PUBACK p50 ${ms(latency.p50)} p99 ${ms(latency.p99)} ms`] : []),
    `${meter.reports} reports`,
    `faults: ${faults || 'none'}`,
  ].join(' · ');
}

function ms(value: number): string {
  return value.toFixed(1);
}
