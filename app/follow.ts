import { parseTick, type FollowedClock } from '#app/clock.ts';

/** Hands a simulator's clock on to every thread, where the folder was made to follow one. */
export function follow(
  topic: string,
  payload: Buffer,
  clock: FollowedClock | undefined,
  threads: readonly { calls(): { tick(tick: never): Promise<void> } | undefined }[],
): void {
  const tick = topic === '$siaga/clock' ? parseTick(payload) : undefined;
  if (tick === undefined || clock === undefined) return;
  clock.follow(tick);
  for (const thread of threads)
    thread
      .calls()
      ?.tick(tick as never)
      .catch(() => undefined);
}
