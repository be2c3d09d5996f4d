import { Log, type Commit } from '#ingest';
import { limitBytes, segmentBytes, type Config } from '#app/config.ts';
import type { Logger } from '#app/logging.ts';

/** The packets log, and why it can't be written; undefined while it can. */
export interface PacketsLog {
  readonly packets: Log;
  readonly problem: () => string | undefined;
}

/** Opens the packets log; that nothing can be acknowledged is told loudly, once. */
export async function openPackets(
  config: Config,
  folder: string,
  onCommit: (commit: Commit) => void,
  log: Pick<Logger, 'error'>,
): Promise<PacketsLog> {
  let reason: string | undefined;
  const packets = await Log.open({
    folder,
    segmentBytes: segmentBytes(config),
    limitBytes: limitBytes(config),
    linger: config.log.linger,
    onCommit,
    onState(problem) {
      if (problem !== undefined)
        log.error({ code: problem.code, reason: problem.message }, 'nothing is acknowledged');
      reason = problem?.message;
    },
  });
  return { packets, problem: () => reason };
}
