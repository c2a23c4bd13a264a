import { createReadStream, existsSync, readdirSync, statSync, watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { onBrokenPipe } from '../broken-pipe.ts';
import { type Command, parseFlags } from '../command.ts';
import { LauncherError } from '../launcher-error.ts';
import { formatLogLine, timeOfLogLine } from '../log-line.ts';
import { stateFolder } from '../state-folder.ts';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export const logsCommand: Command = {
  name: 'logs',
  summary: 'Shows the log of one process.',
  usage: 'SERVICE [-f] [-n LINES] [--since 10m] [--json]',
  details: [
    'SERVICE       a service, postgres, nats, redis, nginx or launcher',
    '-f, --follow  go on with what comes, until Ctrl-C',
    '-n, --lines   the last so many lines (default 50; with --since all of them)',
    '--since       age such as 30s, 10m, 2h, 1d, or an instant such as 2026-11-21T06:00:00Z',
    '--json        the lines as they were written',
  ],
  run: async (args, settings) => {
    const { values, positionals } = parseFlags(
      'logs',
      args,
      {
        follow: { type: 'boolean', short: 'f', default: false },
        lines: { type: 'string', short: 'n' },
        since: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
      1,
    );
    const state = stateFolder(settings.home);
    const name = positionals[0];
    const known = existsSync(state.logs)
      ? readdirSync(state.logs).flatMap((file) => (file.endsWith('.log') ? [basename(file, '.log')] : []))
      : [];
    if (name === undefined) throw new LauncherError('which log?', `name one of ${known.join(', ') || 'none yet'}`);
    if (!known.includes(name)) {
      throw new LauncherError(
        `there is no log of '${name}'`,
        known.length === 0 ? 'nothing was started yet' : `use ${known.join(', ')}`,
      );
    }
    const since = values.since === undefined ? null : parseSince(values.since);
    const lines = parseLines(values.lines, since === null ? 50 : Number.POSITIVE_INFINITY);
    const show = (line: string): void => {
      process.stdout.write(`${values.json ? line : formatLogLine(line)}\n`);
    };
    const file = state.logFile(name);
    const position = statSync(file).size;
    for (const line of await readTail(file, position, lines, since)) show(line);
    if (values.follow) await follow(file, position, show);
    return 0;
  },
};

function parseLines(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const lines = Number(text);
  if (!Number.isInteger(lines) || lines < 0)
    throw new LauncherError(`-n ${text} is not a number of lines`, 'use a whole number');
  return lines;
}

function parseSince(text: string): number {
  const match = /^(\d+)([smhd])$/.exec(text);
  if (match !== null) return Date.now() - Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
  const instant = Date.parse(text);
  if (Number.isNaN(instant))
    throw new LauncherError(`--since ${text} is not a time`, 'use 30s, 10m, 2h, 1d or an ISO 8601 instant');
  return instant;
}

async function readTail(file: string, end: number, linesMax: number, since: number | null): Promise<string[]> {
  if (end === 0) return [];
  let kept: string[] = [];
  let isRecent = since === null;
  for await (const line of createInterface({ input: createReadStream(file, { end: end - 1 }) })) {
    // Lines without a time, such as those of a stack trace, belong to the line before.
    const time = since === null ? null : timeOfLogLine(line);
    if (since !== null && time !== null) isRecent = time >= since;
    if (!isRecent) continue;
    kept.push(line);
    if (kept.length > linesMax * 2 + 1_000) kept = kept.slice(-linesMax);
  }
  return Number.isFinite(linesMax) ? kept.slice(kept.length - Math.min(linesMax, kept.length)) : kept;
}

async function follow(file: string, from: number, show: (line: string) => void): Promise<void> {
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.abort());
  onBrokenPipe(() => stopped.abort());
  const handle = await open(file, 'r');
  const buffer = Buffer.alloc(65_536);
  let position = from;
  let rest = '';
  const drain = async (): Promise<void> => {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      const lines = (rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) show(line);
    }
  };
  await new Promise<void>((resolve) => {
    let reading = drain();
    const watcher = watch(file, { signal: stopped.signal }, () => {
      reading = reading.then(drain);
    });
    watcher.on('close', resolve);
    watcher.on('error', () => resolve());
  });
  await handle.close();
}
