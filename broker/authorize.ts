import type { Directory, Now, Principal, Rejection } from '#model';
import { checkPublish } from './authenticate.ts';

const nativeTopic = /^city\/v1\/[^/]+\/[^/]+\/([^/]+)\/(?:telemetry|event|status)$/;

/** Says why a login may not publish to a topic; undefined when it may. */
export type Authorize = (login: Principal, topic: string) => Rejection | undefined;

/**
 * Makes the check of every PUBLISH: the login's own topic filters, and the native topics of devices whose
 * assets hang on its own. A gateway or a cabinet speaks for its children, and for nobody else's.
 */
export function createAuthorize(directory: Pick<Directory, 'assetOf'>, now: Now): Authorize {
  const isParent = (login: string, topic: string): boolean => {
    const [, device] = nativeTopic.exec(topic) ?? [];
    const parent = device === undefined ? undefined : directory.assetOf(device, now())?.parent;
    return parent !== undefined && parent === directory.assetOf(login, now())?.id;
  };
  return (login, topic) => {
    const refused = checkPublish(login, topic);
    if (refused?.code !== 'broker.topic_denied') return refused;
    return isParent(login.name, topic) ? undefined : refused;
  };
}
