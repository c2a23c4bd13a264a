import { join } from 'node:path';
import type { Command } from '../command.ts';
import { runScript } from '../run-script.ts';

export const meshDemoCommand: Command = {
  name: 'mesh:demo',
  summary: 'Forms a mesh of seven processes, sends traffic, cuts a link, kills the leader and a relay, and measures.',
  usage: '',
  details: [
    'Needs no running fleet, leaves nothing behind, and takes about a minute. Linux only: links are cut by process.',
  ],
  run: (args, settings) => runScript(join(settings.checkout, 'infra/mesh-demo/mesh-demo.ts'), args),
};
