import type { Fleet } from '../fleet.ts';
import type { Settings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';

export interface WalkOptions {
  readonly fleet: Fleet;
  readonly settings: Settings;
  readonly terminal: Terminal;
  readonly corpus?: string;
  readonly feed?: string;
}
export async function runWalk(_options: WalkOptions): Promise<void> {}
