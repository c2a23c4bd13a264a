import { commonErrors } from '@peermesh/errors';
import type { Viewer } from '../../ports.ts';

/** Whether a viewer may read what has this access list. */
export function mayRead(viewer: Viewer, acl: readonly string[]): boolean {
  return acl.some((principal) => viewer.principals.includes(principal));
}

/** 409 with the current version when it is not the one that was read. */
export function checkVersion(held: { readonly version: number }, version: number): void {
  if (held.version !== version) throw commonErrors.versionConflict({ meta: { currentVersion: held.version } });
}
