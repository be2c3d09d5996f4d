import type { Asset, Device } from '#model';

/** Where a device may publish and listen, as MQTT topic filters. */
export interface Grants {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** A name that can stand as one level of a topic; one with a wildcard would open more than its own. */
const level = /^[^/+#\p{Cc}]+$/u;

/** A device publishes under its own name only, in every form that it may speak, and hears its own commands. */
export function grantsOf(
  { kind }: Pick<Asset, 'kind'>,
  { id, identities }: Device,
  site: string,
): Grants {
  const own = `city/v1/${site}/${kind}/${id}`;
  const names = (system: string): string[] => [
    id,
    ...identities
      .filter((each) => each.system === system && level.test(each.id))
      .map((each) => each.id),
  ];
  const edges = edgesOf(identities);
  return {
    publish: [
      `${own}/telemetry`,
      `${own}/event`,
      `${own}/status`,
      // ThingsBoard: who it is, the login says; a gateway's children are looked up when it is decoded.
      // What has no values (attributes, rpc) is theirs to send too: a client that is cut for it never comes to
      // telemetry. That stands there whole as well, since an equal topic is found without matching.
      'v1/devices/me/telemetry',
      'v1/devices/me/#',
      'v1/gateway/#',
      'v2/#',
      ...names('senml').map((name) => `senml/${name}`),
      ...names('rsmp').map((name) => `rsmp/${name}`),
      ...names('hires').map((name) => `hires/${name}`),
      ...names('spat').map((name) => `spat/${name}`),
      ...names('fiware').flatMap((name) => [`/json/+/${name}/#`, `/ul/+/${name}/#`]),
      // An edge node speaks for the devices behind it: one level more.
      ...edges.map(([group, edge]) => `spBv1.0/${group}/+/${edge}/#`),
    ],
    subscribe: [
      `${own}/cmd`,
      ...edges.flatMap(([group, edge]) => [
        `spBv1.0/${group}/NCMD/${edge}/#`,
        `spBv1.0/${group}/DCMD/${edge}/#`,
        'spBv1.0/STATE/+',
      ]),
    ],
  };
}

/** Sparkplug's edge nodes among the identities, as group and name; a device behind one has a third level. */
function edgesOf(identities: Device['identities']): (readonly [string, string])[] {
  return identities.flatMap(({ system, id }) => {
    const levels = id.split('/');
    const [group, edge] = levels;
    const isEdge = system === 'sparkplug' && levels.length === 2 && levels.every(isLevel);
    return isEdge ? [[group!, edge!] as const] : [];
  });
}

function isLevel(text: string): boolean {
  return level.test(text);
}
