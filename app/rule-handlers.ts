import type { Kysely } from 'kysely';
import {
  reject,
  type Command,
  type CommandBody,
  type CommandResults,
  type Directory,
  type Rejection,
  type RuleCommandKind,
} from '#model';
import {
  addShelf,
  compareRules,
  countShelves,
  endShelf,
  type Inputs,
  type RuleTables,
} from '#rules';

/** What a reload read. */
export type Loaded = Pick<Inputs, 'rules' | 'overrides'>;

/** Shelves in force or to come; each breach looks at all of them. */
const mostShelves = 1_000;

/** The longest, ms, that anything is shelved: a year. What nobody wants to hear of for longer is no rule. */
const longestShelf = 366 * 86_400_000;

interface Job<K extends RuleCommandKind = RuleCommandKind> {
  readonly trx: Kysely<RuleTables>;
  readonly command: Command<K>;
  readonly loaded: Loaded | undefined;
  /** As they are before. */
  readonly inputs: Inputs;
  /** Server time, epoch ms. */
  readonly at: number;
}

type Done = { readonly inputs: Inputs; readonly result: CommandResults[RuleCommandKind] };

/** What each kind comes to: rows in the transaction, and the inputs that the rules go on with. */
export function ruleHandlers(deps: {
  readonly directory: Directory;
  readonly engineNow: () => number;
}): (job: Job) => Promise<Done | Rejection> {
  const { directory, engineNow } = deps;

  const shelve = async ({ trx, command, inputs, at }: Job<'rule.shelve'>) => {
    const { body, actor } = command;
    const refused = findWrong(body, inputs, directory, at);
    if (refused !== undefined) return refused;
    if ((await countShelves(trx, at)) >= mostShelves) {
      return reject('rules.shelves_full', `there are ${mostShelves} shelves; end some`);
    }
    // The rules live a few seconds behind the clock: "from now on" is from their now.
    const from = body.from ?? Math.min(at, engineNow() || at);
    const { rule, asset, zone, until, reason } = body;
    const shelf = await addShelf(trx, { rule, asset, zone, from, until, reason, actor }, at);
    const live = inputs.shelves.filter((each) => each.until > Math.min(at, engineNow()));
    const { id } = shelf;
    return { inputs: { ...inputs, shelves: [...live, shelf] }, result: { id, from, until } };
  };

  const unshelve = async ({ trx, command, inputs, at }: Job<'rule.unshelve'>) => {
    const { id } = command.body;
    if (!(await endShelf(trx, id, at))) {
      return reject('rules.shelf_unknown', `no shelf ${id} is in force or to come`, 'id');
    }
    const shelves = inputs.shelves.filter((shelf) => shelf.id !== id);
    return { inputs: { ...inputs, shelves }, result: { id } };
  };

  return async (job) => {
    switch (job.command.kind) {
      case 'rule.shelve':
        return shelve(job as Job<'rule.shelve'>);
      case 'rule.unshelve':
        return unshelve(job as Job<'rule.unshelve'>);
      case 'rules.reload': {
        const inputs = { ...job.inputs, ...job.loaded };
        return { inputs, result: compareRules(job.inputs.rules, inputs.rules) };
      }
    }
  };
}

/** What a wish for peace names that is not there, and times that make no sense. */
function findWrong(
  { rule, asset, zone, from, until }: CommandBody<'rule.shelve'>,
  { rules }: Inputs,
  directory: Directory,
  at: number,
): Rejection | undefined {
  if (rule === undefined && asset === undefined && zone === undefined) {
    return reject('rules.shelf_invalid', 'name a rule, an asset or a zone', 'rule');
  }
  if (rule !== undefined && !rules.some(({ id }) => id === rule)) {
    return reject('rules.rule_unknown', `no rule ${rule}`, 'rule');
  }
  if (asset !== undefined && directory.asset(asset) === undefined) {
    return reject('registry.asset_unknown', `no asset ${asset}`, 'asset');
  }
  if (until <= Math.max(at, from ?? 0)) {
    return reject('rules.shelf_invalid', 'it ends before it begins, or is over already', 'until');
  }
  if (until > at + longestShelf) {
    return reject('rules.shelf_invalid', 'nothing is shelved beyond a year from now', 'until');
  }
  return undefined;
}
