import { type Command, parseFlags } from '../command.ts';
import { startDetached } from '../detach.ts';
import { LauncherError } from '../launcher-error.ts';
import { runForeground } from '../run-foreground.ts';

const OPTIONS = {
  corpus: { type: 'string' },
  feed: { type: 'string' },
  detach: { type: 'boolean', default: false },
  nginx: { type: 'boolean', default: false },
  'no-walk': { type: 'boolean', default: false },
} as const;

export const startCommand: Command = {
  name: 'start',
  summary: 'Starts PeerMesh on this machine and shows its main job on real documents.',
  usage: '[--corpus PATH] [--feed URL] [--nginx] [--no-walk] [--detach]',
  details: [
    '--corpus PATH  folder or file of text, Markdown, HTML or JSONL to take in (default: docs/)',
    '--feed URL     RSS, Atom or JSON feed to take in besides',
    '--nginx        nginx with TLS in front of two gateways',
    '--no-walk      only start, take nothing in',
    '--detach       return when all is healthy and the main job is done; end it with `npm run stop`',
    '',
    'Environment: PEERMESH_HOME (state folder), PEERMESH_PORT_OFFSET, PEERMESH_<NAME>_PORT, LOG_LEVEL,',
    'PEERMESH_POSTGRES_URL, PEERMESH_NATS_URL, PEERMESH_REDIS_URL (servers that somebody else runs).',
  ],
  run: async (args, settings) => {
    const { values } = parseFlags('start', args, OPTIONS);
    if (values['no-walk'] && (values.corpus !== undefined || values.feed !== undefined)) {
      throw new LauncherError('--no-walk takes nothing in', 'leave it out, or leave --corpus and --feed out');
    }
    if (values.feed !== undefined && !/^https?:$/.test(URL.parse(values.feed)?.protocol ?? '')) {
      throw new LauncherError(`--feed ${values.feed} is not the URL of a feed`, 'it begins with https:// or http://');
    }
    if (values.detach && !settings.isDetached) return startDetached(args, settings);
    return runForeground(settings, {
      hasWalk: !values['no-walk'],
      hasNginx: values.nginx,
      watch: false,
      ...(values.corpus === undefined ? {} : { corpus: values.corpus }),
      ...(values.feed === undefined ? {} : { feed: values.feed }),
    });
  },
};
