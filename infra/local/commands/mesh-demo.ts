import { join } from 'node:path';
import type { Command } from '../command.ts';
import { runScript } from '../run-script.ts';

export const meshDemoCommand: Command = {
  name: 'mesh:demo',
  summary: 'Forms a mesh of seven processes, sends traffic, cuts links, kills the leader and a relay, and measures.',
  usage: '[--quick]',
  details: [
    'Needs no running fleet, leaves nothing behind, and takes about a minute; with --quick it looks at each part for two',
    'seconds only. Ends with 1 when traffic did not come back, or a message was lost, repeated or out of order. Linux only:',
    'links are cut by process.',
  ],
  run: (args, settings) =>
    runScript(join(settings.checkout, 'infra/mesh-demo/mesh-demo.ts'), args, { lifelineFd: settings.lifelineFd }),
};
