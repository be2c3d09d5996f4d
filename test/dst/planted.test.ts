import { beforeAll, expect, test } from 'vitest';
import { createSetting, type Setting } from './city.ts';
import { live, type Outcome } from './history.ts';
import { bugs, type Bug } from './plants.ts';

let setting: Setting;
beforeAll(async () => {
  setting = await createSetting();
});

/** Which promises a bug may be seen to break. */
const breaks: Record<Bug, RegExp> = {
  'acknowledge-before-flush': /^1 |^8 .*beyond the head/,
  'cursor-before-store': /^2 |^3 |^6 /,
  'no-checksum': /^1 /,
  'segment-deleted-early': /^2 decode counts corrupt|^3 |^8 .*(no longer in|the log begins with)/,
  'state-without-cursor': /^7 /,
  'ledger-counted-twice': /^2 /,
  'duplicate-key-forgotten': /^2 decode counts|^3 /,
  'late-reading-raises': /^7 /,
};

async function find(bug: Bug): Promise<Outcome | undefined> {
  for (let seed = 1; seed <= 1_000; seed++) {
    const outcome = await live(setting, seed, bug);
    if (outcome.violation !== undefined) return outcome;
  }
  return undefined;
}

test.each(bugs)(
  'finds the planted bug %s by the promise that it breaks',
  { timeout: 300_000 },
  async (bug) => {
    const found = await find(bug);
    expect(`${found?.violation?.promise} ${found?.violation?.message}`).toMatch(breaks[bug]);
  },
);
