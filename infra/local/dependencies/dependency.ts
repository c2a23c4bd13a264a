import { LauncherError } from '../launcher-error.ts';
import { describePortOwner } from '../port-owner.ts';
import { portVariable } from '../settings.ts';
import { type Supervised } from '../supervised.ts';

/** Where a server came from. */
export type DependencyOrigin = 'environment' | 'listening' | 'path' | 'npm' | 'package manager';

/** A store that the fleet may use. */
export interface Dependency<Url = string> {
  readonly url: Url;
  readonly origin: DependencyOrigin;
  /** Null where somebody else runs it. */
  readonly process: Supervised | null;
  /** For the table, such as `PostgreSQL 15 from /usr/lib/postgresql/15/bin`. */
  readonly description: string;
  probe(): Promise<void>;
}

/** The port belongs to something that does not take our credentials. */
export function portTaken(name: string, portName: string, port: number): LauncherError {
  return new LauncherError(
    `port ${port} for ${name} is in use by ${describePortOwner(port)}`,
    `stop that, or set ${portVariable(portName)} (or PEERMESH_PORT_OFFSET) to use another port`,
  );
}
