import { join } from 'node:path';
import { serviceNamed } from '../../catalog.ts';
import type { Command } from '../command.ts';
import { readFleetRecord } from '../fleet-record.ts';
import { LauncherError } from '../launcher-error.ts';
import { runScript } from '../run-script.ts';
import { loadSecrets } from '../secrets.ts';
import { stateFolder } from '../state-folder.ts';
import { loginAsAdmin } from '../walk/admin-login.ts';

export const meshCommand: Command = {
  name: 'mesh',
  summary: 'Shows and changes the mesh of the running fleet.',
  usage: 'status|nodes|topology|paths|trace|top|drain|evict ... [--node NAME]',
  details: [
    'Logs in as the administrator and hands over to the command line tool; `npm run mesh -- help` lists its commands.',
  ],
  run: async (args, settings) => {
    const script = join(settings.checkout, 'services/mesh-node/src/cli/main.ts');
    if (args.length === 0 || args[0] === 'help') return runScript(script, ['help'], { endsWithReader: true });
    const state = stateFolder(settings.home);
    if (readFleetRecord(state) === null)
      throw new LauncherError('PeerMesh is not running', 'start it with `npm start`');
    const token = await loginAsAdmin(`http://127.0.0.1:${settings.ports.gateway}`, loadSecrets(state).adminPassword);
    const { name, siblings = [] } = serviceNamed('mesh-node');
    const nodes = [{ name, port: 'mesh-node' as const }, ...siblings].map(
      (node) => [node.name, `http://127.0.0.1:${settings.ports[node.port]}`] as const,
    );
    const env = {
      PEERMESH_MESH_URL: `http://127.0.0.1:${settings.ports['mesh-node']}`,
      PEERMESH_MESH_NODES: nodes.map(([node, url]) => `${node}=${url}`).join(),
      PEERMESH_TOKEN: token,
    };
    return runScript(script, args, { env, endsWithReader: true });
  },
};
