import type { Fleet } from './fleet.ts';
import { LauncherError } from './launcher-error.ts';
import type { Settings } from './settings.ts';
import type { StateFolder } from './state-folder.ts';
import type { Terminal } from './terminal.ts';

export const NGINX_PACKAGE = { apt: 'nginx', brew: 'nginx' } as const;

/** Puts nginx in front of the gateways. */
export async function addNginx(
  _fleet: Fleet,
  _settings: Settings,
  _state: StateFolder,
  _terminal: Terminal,
): Promise<void> {
  throw new LauncherError('nginx', 'not yet');
}
