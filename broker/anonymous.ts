import type { Directory, Principal } from '#model';

type Known = Pick<Directory, 'principal' | 'assetOf'>;

/** Where a client without a user name may publish and listen, as topic filters. */
export interface Anonymous {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** Whose limits all such clients together have; a device's where nobody says. */
  readonly limits?: 'device' | 'bridge';
}

/** The login of whoever says none. No device or bridge can have it: their names have no such sign. */
export const anonymousName = '$anonymous';

/** A directory that knows that login too, where it is let in; nobody comes in by its name and a token. */
export function withAnonymous(directory: Known, may: Anonymous | undefined): Known {
  if (may === undefined) return directory;
  // Many clients of any kind, as a bridge's are; what they may ask for is another matter.
  const login = { name: anonymousName, role: 'bridge', hash: '' } as const;
  const principal: Principal = { limits: 'device', ...login, ...may };
  return {
    principal: (name) => (name === anonymousName ? principal : directory.principal(name)),
    assetOf: (device, at) => directory.assetOf(device, at),
  };
}
