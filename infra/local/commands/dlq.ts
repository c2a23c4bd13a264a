import { join } from 'node:path';
import type { Command } from '../command.ts';
import { readFleetRecord } from '../fleet-record.ts';
import { LauncherError } from '../launcher-error.ts';
import { runScript } from '../run-script.ts';
import { loadSecrets } from '../secrets.ts';
import { stateFolder } from '../state-folder.ts';
import { loginAsAdmin } from '../walk/admin-login.ts';

export const dlqCommand: Command = {
  name: 'dlq',
  summary: 'Lists, shows, redrives and discards dead letters of the running fleet.',
  usage: 'list|show|redrive|discard MODULE ...',
  details: [
    'Logs in as the administrator and hands over to the command line tool; `npm run dlq -- help` lists its flags.',
  ],
  run: async (args, settings) => {
    const state = stateFolder(settings.home);
    const record = readFleetRecord(state);
    if (record === null) throw new LauncherError('PeerMesh is not running', 'start it with `npm start`');
    const gatewayUrl = `http://127.0.0.1:${settings.ports.gateway}`;
    const token = await loginAsAdmin(gatewayUrl, loadSecrets(state).adminPassword);
    const script = join(settings.checkout, 'packages/messaging/src/cli.ts');
    return runScript(script, args, {
      env: { PEERMESH_URL: gatewayUrl, PEERMESH_TOKEN: token },
      endsWithReader: true,
    });
  },
};
