import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { isRejection, type Kind } from '#model';
import { allBoards, isSaved, save } from './boards.ts';
import { readKinds } from './read-kinds.ts';

const usage = `npm run boards -- build|check [--time-zone NAME] [--kinds FOLDER]

  build   writes dashboards/grafana/boards/*.json from the TypeScript beside it
  check   says whether the files are what the TypeScript makes; exit code 1 when not

  --time-zone   whose days and nights the boards show (default: Asia/Makassar, Kupang's)
  --kinds       kinds of the city's own, as \`kinds\` in siaga.yaml names them: a row for each
`;

process.exitCode = main(process.argv.slice(2));

function main(args: string[]): number {
  const parsed = parse(args);
  if (parsed === undefined) return say(usage, 64);
  if (parsed.help) return say(usage, 0);
  const kinds = parsed.kinds === undefined ? [] : readKinds(parsed.kinds);
  const problems = kinds.filter(isRejection);
  if (problems.length > 0) {
    return say(problems.map(({ field, reason }) => `${field}: ${reason}\n`).join(''), 78);
  }
  const boards = allBoards(parsed.timeZone, kinds as Kind[]);
  if (parsed.command === 'build') {
    const files = boards.map(save);
    // Formatted like everything else, or `npm run lint` would find fault with them.
    const { status } = spawnSync('oxfmt', files, { stdio: ['ignore', 'ignore', 'inherit'] });
    return say(`${files.join('\n')}\n`, status ?? 1);
  }
  const drifted = boards.filter((board) => !isSaved(board)).map(({ name }) => `${name}.json`);
  if (drifted.length === 0) return say(`${boards.length} boards are as built\n`, 0);
  return say(`not as built: ${drifted.join(', ')}; npm run boards -- build\n`, 1);
}

function parse(args: string[]) {
  const options = {
    'time-zone': { type: 'string', default: 'Asia/Makassar' },
    kinds: { type: 'string' },
    help: { type: 'boolean', default: false },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [command = '', ...rest] = positionals;
    if (!values.help && (rest.length > 0 || !['build', 'check'].includes(command))) {
      return undefined;
    }
    return { command, help: values.help, timeZone: values['time-zone'], kinds: values.kinds };
  } catch {
    return undefined;
  }
}

function say(text: string, exitCode: number): number {
  process.stdout.write(text);
  return exitCode;
}
