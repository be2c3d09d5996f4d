import { reject, type Directory, type Now, type Principal, type Rejection } from '#model';
import { checkDepth, checkPublish } from './authenticate.ts';
import { textProblem } from './text.ts';
import { covers } from './topic-filter.ts';

const nativeTopic = /^city\/v1\/[^/]+\/[^/]+\/([^/]+)\/(?:telemetry|event|status)$/;

/** Says why a login may not publish to a topic; undefined when it may. */
export type Authorize = (login: Principal, topic: string) => Rejection | undefined;

/**
 * Makes the check of every PUBLISH: the login's own topic filters, and the native topics of devices whose
 * assets hang on its own. A gateway or a cabinet speaks for its children, and for nobody else's.
 */
export function createAuthorize(
  directory: Pick<Directory, 'assetOf'>,
  now: Now,
  levels: number,
): Authorize {
  const isParent = (login: string, topic: string): boolean => {
    const [, device] = nativeTopic.exec(topic) ?? [];
    const parent = device === undefined ? undefined : directory.assetOf(device, now())?.parent;
    return parent !== undefined && parent === directory.assetOf(login, now())?.id;
  };
  return (login, topic) => {
    const refused = checkPublish(login, topic, levels);
    if (refused?.code !== 'broker.topic_denied') return refused;
    return isParent(login.name, topic) ? undefined : refused;
  };
}

/** Who asks for a topic filter, and to what it listens already. */
interface Listener {
  readonly name: string | undefined;
  readonly login: Principal | undefined;
  readonly filters: Set<string>;
}

/** Why a connection may not listen to a filter; when it may, that is among its filters from now on. */
export function checkSubscribe(
  { name, login, filters }: Listener,
  filter: string,
  { filters: most, levels }: { readonly filters: number; readonly levels: number },
): Rejection | undefined {
  const problem = textProblem(filter);
  if (problem) return reject('broker.topic_invalid', `the filter holds ${problem}`, 'topic');
  const tooDeep = checkDepth(filter, levels);
  if (tooDeep) return tooDeep;
  if (!login?.subscribe.some((each) => covers(each, filter))) {
    return reject('broker.topic_denied', `${name} may not subscribe to ${filter}`, 'topic');
  }
  if (filters.size >= most && !filters.has(filter)) {
    const reason = `this connection listens to ${most} filters, as many as it may`;
    return reject('broker.filters_full', reason, 'topic');
  }
  filters.add(filter);
  return undefined;
}
