import { join } from 'node:path';
import type { Command } from '../command.ts';
import { runScript } from '../run-script.ts';
import { withTestServers } from '../test-servers.ts';

export const benchCommand: Command = {
  name: 'bench',
  summary: 'Runs the benchmarks and writes bench/results.',
  usage: '[NAME...] [--list]',
  details: ['NAME    folders of bench/; all when none is named', '--list  only name them'],
  run: (args, settings) =>
    withTestServers(settings, (env) => runScript(join(settings.checkout, 'bench/run.ts'), args, { env })),
};
