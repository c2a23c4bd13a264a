import { join } from 'node:path';
import type { Command } from '../command.ts';
import { runScript } from '../run-script.ts';
import { withTestServers } from '../test-servers.ts';

export const testCommand: Command = {
  name: 'test',
  summary: 'Runs everything that CI runs: format, lint, boundaries, types, generated files, and all tests.',
  usage: '[--only PHASE] [--filter TEXT] [--no-coverage]',
  details: [
    '--only PHASE   one phase, such as unit or e2e',
    '--filter TEXT  only files whose path contains this',
    '--no-coverage  does not record which lines ran; a whole run fails under 80 % of them',
    '',
    'Works whether or not `npm start` is running.',
  ],
  run: (args, settings) =>
    withTestServers(settings, (env) => runScript(join(settings.checkout, 'tools/test/run.ts'), args, { env })),
};
