import type { Consumer } from '#app/consumer.ts';
import type { Watch } from '#app/pipeline.ts';

/**
 * What happened to the rules beside readings, after the newest reading taken before it: a tick that was
 * committed (engine time, epoch ms), or a start (since when devices were heard).
 */
export interface Tick {
  readonly after: number;
  readonly now?: number;
  readonly listening?: number;
}

/** Notes the ticks of a life of the road. What it had not committed when it died never was. */
export function watchTicks(committed: Tick[]): Watch {
  let open: Tick[] = [];
  let taken = 0;
  return {
    road: (road) => ({
      ...road,
      rules: {
        ...road.rules,
        tick(now) {
          open.push({ after: taken, now });
          return road.rules.tick(now);
        },
      },
    }),
    stage: (stage: Consumer, cursor) => {
      if (stage.name !== 'rules') return stage;
      taken = cursor;
      return {
        ...stage,
        take(records) {
          taken = records.at(-1)!.number;
          return stage.take(records);
        },
        async commit(from, to) {
          await stage.commit(from, to);
          committed.push(...open);
          open = [];
        },
      };
    },
  };
}
