import { revoked, type HooksDeps } from './hooks.ts';
import type { KeptWill } from './records.ts';
import type { Wills } from './wills.ts';

type Deps = Pick<HooksDeps, 'authorize' | 'append' | 'tell'> & {
  readonly wills: Wills;
  readonly directory: HooksDeps['broker']['directory'];
};

/** Tells the wills that are owed since the start, in the log and by `publish`; one whose login may no longer is refused. */
export function tellOwed(
  { wills, directory, authorize, append, tell }: Deps,
  publish: (will: Omit<KeptWill, 'login'>) => void,
): void {
  for (const [clientId, { login, ...will }] of wills.owed()) {
    const principal = directory.principal(login);
    const refused = principal ? authorize(principal, will.topic) : revoked;
    if (refused !== undefined) {
      tell(refused);
      wills.settle(clientId);
      continue;
    }
    append(login, will.topic, will.payload, () => {
      publish(will);
      wills.settle(clientId);
    });
  }
}
