import {
  isRejection,
  reject,
  ServiceError,
  type Command,
  type CommandKind,
  type CommandResults,
  type Execute,
  type Identity,
  type Now,
  type Rejection,
  type RuleCommandKind,
} from '#model';
import type { Desk, IncidentTables } from '#incidents';
import { dismiss, type IngestTables } from '#ingest';
import type { Change, Entry, Registry, RegistryTables } from '#registry';
import { scope, type Database } from '#app/database/database.ts';
import type { RuleInputs } from '#app/rule-inputs.ts';

export interface ExecuteDeps {
  readonly db: Database;
  readonly registry: Registry;
  readonly desk: Desk;
  /** Carries out what is asked of the rules: at a commit of theirs. */
  readonly inputs: Pick<RuleInputs, 'execute'>;
  readonly now: Now;
  /** Told of registry entries after their commit: every thread's directory takes them over. */
  readonly changed: (entries: readonly Entry[]) => void;
}

/** A wish that was refused, on its way out of the transaction. */
class Refused extends Error {
  readonly rejection: Rejection;

  constructor(rejection: Rejection) {
    super(rejection.reason);
    this.rejection = rejection;
  }
}

type OwnKind = Exclude<CommandKind, RuleCommandKind>;

/** One handler a kind of command: what it comes to inside the transaction. */
type Handlers = {
  readonly [K in OwnKind]: (
    trx: Database,
    command: Command<K>,
  ) => Promise<Change<CommandResults[K]> | Rejection>;
};

/** Makes what carries commands out: each in one transaction, answered after its commit. */
export function createExecute(deps: ExecuteDeps): Execute {
  const { db, registry, desk, inputs, now, changed } = deps;
  const assets = (trx: Database) => scope<RegistryTables>(trx);
  const incidents = (trx: Database) => scope<IncidentTables>(trx);

  const handlers: Handlers = {
    'device.put': (trx, { body }) => registry.putDevice(assets(trx), body, now()),
    'device.bind': (trx, { body }) => registry.bindDevice(assets(trx), body, now()),
    'device.unbind': (trx, { body }) => registry.unbindDevice(assets(trx), body, now()),
    'device.delete': (trx, { body }) => registry.deleteDevice(assets(trx), body.id),
    async 'device.adopt'(trx, { body: { stranger, ...device } }) {
      // Its name was chosen by whoever was heard: it must not write over what is there.
      const known = await registry.find(assets(trx), device.id);
      if (known !== undefined)
        return reject('registry.name_taken', `there is a ${known} of that id`, 'id');
      await dismiss(scope<IngestTables>(trx), stranger);
      const name = stranger.system === 'own' ? [] : [stranger as Identity];
      const body = { ...device, identities: [...device.identities, ...name] };
      return registry.putDevice(assets(trx), body, now());
    },
    'asset.put': (trx, { body }) => registry.putAsset(assets(trx), body, now()),
    'asset.delete': (trx, { body }) => registry.deleteAsset(assets(trx), body.id),
    'registry.import': (trx, { body }) => registry.importRows(assets(trx), body, now()),
    'device.rotate': (trx, { body }) => registry.rotate(assets(trx), body, now()),
    'device.revoke': (trx, { body }) => registry.revoke(assets(trx), body.id),
    'bridge.put': (trx, { body }) => registry.putBridge(assets(trx), body),
    'report.file': async (trx, { body, actor }) =>
      withoutEntries(await desk.report(incidents(trx), body, actor, now())),
    'incident.transition': async (trx, { body, actor }) =>
      withoutEntries(await desk.transition(incidents(trx), body, actor, now())),
  };

  const execute = async <K extends OwnKind>(
    command: Command<K>,
  ): Promise<CommandResults[K] | Rejection> => {
    const handle = handlers[command.kind];
    // A class does not survive the way between threads, so a neighbour that is away is told as a value.
    const outcome = await db
      .transaction()
      .execute(async (trx) => {
        const done = await handle(trx, command);
        // Steps before the one that was refused must not stay: only an exception undoes them.
        if (isRejection(done)) throw new Refused(done);
        return done;
      })
      .catch((error: unknown) => {
        if (error instanceof Refused) return error.rejection;
        if (error instanceof ServiceError) return reject(error.code, error.message);
        throw error;
      });
    if (isRejection(outcome)) return outcome;
    if (outcome.entries.length > 0) changed(outcome.entries);
    return outcome.result;
  };

  return ((command: Command<OwnKind> | Command<RuleCommandKind>) =>
    isForRules(command) ? inputs.execute(command) : execute(command)) as Execute;
}

function isForRules(
  command: Command<OwnKind> | Command<RuleCommandKind>,
): command is Command<RuleCommandKind> {
  return command.kind.startsWith('rule');
}

function withoutEntries<R>(result: R | Rejection): Change<R> | Rejection {
  return isRejection(result) ? result : { result, entries: [] };
}
