import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadCity } from '#app/city.ts';
import { ask } from '#app/commands/ask.ts';
import { configOf, exit, fail, tell, type Call } from '#app/commands/call.ts';
import { createProgress, type Progress } from '#app/commands/progress.ts';
import { table } from '#app/commands/table.ts';
import type { Recount } from '#app/verify/line.ts';
import { verifyLedger } from '#app/verify/verify.ts';

/** `ledger`: the books of the running server; with `--verify`, counted again from the data folder. */
export async function ledgerCommand(call: Call): Promise<number> {
  if (call.values['verify'] !== true) return ask(call, 'GET', '/api/v1/ledger');
  const config = configOf(call);
  if (Array.isArray(config)) return tell(config);
  if (!existsSync(join(config.data, 'siaga.db')))
    return fail(`there are no books in ${config.data}`);
  const city = await loadCity(config);
  if (Array.isArray(city)) return tell(city);
  let progress: Progress | undefined;
  const recount = await verifyLedger(config, city, (done, whole) => {
    progress ??= createProgress('counting', whole);
    progress.at(done);
  });
  progress?.end();
  return report(recount, call.values['json'] === true);
}

function report({ lines, differences, notes }: Recount, isJson: boolean): number {
  const isSame = differences.length === 0 && lines.every(({ verdict }) => verdict !== 'differs');
  const words = { same: '', differs: 'DIFFERS', cannot: 'in part' } as const;
  process.stdout.write(
    isJson
      ? `${JSON.stringify({ ok: isSame, lines, differences, notes }, undefined, 2)}\n`
      : [
          table(
            ['', 'books', 'counted', ''],
            lines.map(({ what, books, counted, verdict }) => [
              what,
              books,
              counted,
              words[verdict],
            ]),
          ),
          ...differences.map((each) => `difference: ${each}\n`),
          ...notes.map((each) => `note: ${each}\n`),
          isSame ? 'The books agree with what was counted.\n' : 'The books DO NOT agree.\n',
        ].join(''),
  );
  return isSame ? exit.ok : exit.failed;
}
