import {
  isRejection,
  reject,
  type Breach,
  type Command,
  type CommandResults,
  type Directory,
  type Now,
  type Rejection,
  type RuleCommandKind,
} from '#model';
import { noteInput, type Inputs, type Rules, type RuleTables } from '#rules';
import { scope, type Database } from '#app/database/database.ts';
import { ruleHandlers, type Loaded } from '#app/rule-handlers.ts';

/**
 * What people ask of the rules, from the command to the commit of the rules stage at which it takes
 * effect: written in that transaction, and in memory once it is committed. So it lies between the same
 * two readings whether the process lives on or the next one begins there.
 */
export interface RuleInputs {
  /** What the rules work with now. */
  readonly current: Inputs;
  /** Answers after the commit at which it took effect. */
  execute<K extends RuleCommandKind>(command: Command<K>): Promise<CommandResults[K] | Rejection>;
  /** Is told whenever something is asked. */
  onAsked(want: () => void): void;
  /** Writes all that was asked, in the transaction that commits readings up to `reading`. */
  write(trx: Database, reading: number): Promise<void>;
  /** The transaction is committed: the rules go on with it, senders hear of it. What that tells of breaches is to be filed next. */
  apply(rules: Pick<Rules, 'change'>): readonly Breach[];
  /** The transaction failed for a neighbour that is away: senders are to try again. */
  refuse(reason: string): void;
}

export interface RuleInputsDeps {
  /** What the rules begin with. */
  readonly inputs: Inputs;
  /** Reads rules and overrides as a start does. */
  readonly load: () => Promise<Loaded | Rejection>;
  readonly directory: Directory;
  readonly now: Now;
  /** Engine time, epoch ms. */
  readonly engineNow: () => number;
}

type Answer = CommandResults[RuleCommandKind] | Rejection;

interface Asked {
  readonly command: Command<RuleCommandKind>;
  /** Of a reload: what was read. */
  readonly loaded: Loaded | undefined;
  readonly answer: (answer: Answer) => void;
}

/** Makes the place where the wishes of people wait for the rules. */
export function createRuleInputs(deps: RuleInputsDeps): RuleInputs {
  const { load, now } = deps;
  let current = deps.inputs;
  let next = current;
  let waiting: Asked[] = [];
  /** In the transaction under way, and what it comes to. */
  let inHand: { readonly asked: Asked; readonly answer: Answer }[] = [];
  let want = (): void => undefined;
  let loading: Promise<unknown> = Promise.resolve();
  const handlers = ruleHandlers(deps);

  const ask = (command: Command<RuleCommandKind>, loaded?: Loaded): Promise<Answer> =>
    new Promise((answer) => {
      waiting.push({ command, loaded, answer });
      want();
    });

  /** One after the other: what was read earlier must not take effect later. */
  const reload = (command: Command<RuleCommandKind>): Promise<Answer> => {
    const mine = loading.then(async () => {
      const loaded = await load();
      return isRejection(loaded) ? loaded : ask(command, loaded);
    });
    loading = mine.catch(() => undefined);
    return mine;
  };

  return {
    get current() {
      return current;
    },
    execute: (command) =>
      (command.kind === 'rules.reload' ? reload(command) : ask(command)) as never,
    onAsked(to) {
      want = to;
      if (waiting.length > 0) want();
    },
    async write(trx, reading) {
      const at = now();
      const tables = scope<RuleTables>(trx);
      inHand = waiting.map((asked) => ({ asked, answer: lost }));
      waiting = [];
      next = current;
      for (const [i, { asked }] of inHand.entries()) {
        const { command, loaded } = asked;
        const done = await handlers({ trx: tables, command, loaded, inputs: next, at });
        inHand[i] = { asked, answer: isRejection(done) ? done : done.result };
        if (isRejection(done)) continue;
        next = done.inputs;
        const { kind, actor } = command;
        const body = JSON.stringify({ ...command.body, ...done.result });
        await noteInput(tables, { at, reading, kind, actor, body });
      }
    },
    apply(rules) {
      const isChanged = next !== current;
      current = next;
      const breaches = isChanged ? rules.change(current) : [];
      for (const { asked, answer } of inHand.splice(0)) asked.answer(answer);
      return breaches;
    },
    refuse(reason) {
      const away = reject('internal.unavailable', reason);
      // Also those whose turn had not come: nobody waits for a database that may be away for long.
      for (const { answer } of [...inHand.map(({ asked }) => asked), ...waiting]) answer(away);
      inHand = [];
      waiting = [];
      next = current;
    },
  };
}

const lost = reject('internal.unavailable', 'its transaction was not committed; try again');
