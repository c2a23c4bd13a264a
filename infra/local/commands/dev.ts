import { type Command, parseFlags } from '../command.ts';
import { runForeground } from '../run-foreground.ts';

export const devCommand: Command = {
  name: 'dev',
  summary: 'Starts PeerMesh; every service restarts by itself when its source or a package changes.',
  usage: '[--walk]',
  details: ['--walk  take in docs/ as `npm start` does'],
  run: async (args, settings) => {
    const { values } = parseFlags('dev', args, { walk: { type: 'boolean', default: false } });
    return runForeground(settings, { hasWalk: values.walk, hasNginx: false, watch: true });
  },
};
