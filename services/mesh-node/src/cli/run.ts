import { createClient } from '@peermesh/contracts';
import { meshRoutes } from '@peermesh/contracts/mesh';
import { isPeerMeshError, type ProblemDetails } from '@peermesh/errors';
import { parseArguments } from './arguments.ts';
import { type CommandContext, type LocalCommand, type MeshClient, type MeshCommand, UsageError } from './command.ts';
import { admitCommand, epochCommand, keysCommand, policyCommand, readmitCommand } from './commands/administration.ts';
import { joinCommand, leaveCommand, seedCommand } from './commands/bootstrap.ts';
import { caCommand } from './commands/ca.ts';
import {
  drainCommand,
  evictCommand,
  nodesCommand,
  pathsCommand,
  topologyCommand,
  traceCommand,
} from './commands/members.ts';
import { followCommand, publishCommand, readCommand, watchCommand } from './commands/messages.ts';
import { revokeCommand, settingsCommand } from './commands/security.ts';
import { statusCommand, topCommand } from './commands/status.ts';
import { readEventStream } from './event-stream-reader.ts';
import { helpOn, overview } from './help.ts';

const COMMANDS: Readonly<Record<string, MeshCommand | LocalCommand>> = {
  seed: seedCommand,
  join: joinCommand,
  leave: leaveCommand,
  status: statusCommand,
  top: topCommand,
  nodes: nodesCommand,
  topology: topologyCommand,
  paths: pathsCommand,
  trace: traceCommand,
  drain: drainCommand,
  evict: evictCommand,
  readmit: readmitCommand,
  revoke: revokeCommand,
  policy: policyCommand,
  keys: keysCommand,
  admit: admitCommand,
  settings: settingsCommand,
  epoch: epochCommand,
  watch: watchCommand,
  publish: publishCommand,
  read: readCommand,
  follow: followCommand,
  ca: caCommand,
};

const OPTIONS = {
  url: { type: 'string' },
  node: { type: 'string' },
  policy: { type: 'string' },
  key: { type: 'string' },
  from: { type: 'string' },
  limit: { type: 'string' },
  expires: { type: 'string' },
  uses: { type: 'string' },
  note: { type: 'string' },
  serial: { type: 'string' },
  json: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  override: { type: 'boolean', default: false },
  undo: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Where the tool runs. */
export interface Surroundings {
  /** `PEERMESH_MESH_URL`, `PEERMESH_MESH_NODES`, `PEERMESH_TOKEN`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly isTerminal: boolean;
  readonly signal: AbortSignal;
}

/** Runs one command; the result is the exit code: 0 done, 1 refused or unreachable, 2 wrong usage. */
export async function runCli(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { write, writeError } = surroundings;
  try {
    const { values: flags, positionals } = parseArguments(argv, OPTIONS);
    const [name = 'help', ...args] = positionals;
    if (flags.help || name === 'help') {
      const [about = name] = name === 'help' ? args : [name];
      write(about === 'help' ? overview(COMMANDS) : helpOn(COMMANDS, about));
      return 0;
    }
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined) throw new UsageError(`there is no command ${name}`);
    const outcome =
      'runLocally' in command
        ? await command.runLocally(args, Date.now())
        : await command.run({ args, flags, ...connection(flags, surroundings) });
    if (!flags.json) write(outcome.text);
    else if (outcome.json !== null) write(`${JSON.stringify(outcome.json, null, 2)}\n`);
    return outcome.exitCode ?? 0;
  } catch (error) {
    if (surroundings.signal.aborted) return 0;
    const isUsage = isWrongUsage(error);
    writeError(`mesh: ${textOf(error)}\n${isUsage ? 'see mesh help\n' : ''}`);
    return isUsage ? 2 : 1;
  }
}

function connection(
  flags: { readonly url?: string | undefined; readonly node?: string | undefined },
  { env, write, isTerminal, signal }: Surroundings,
): Omit<CommandContext, 'args' | 'flags'> {
  const known = nodesIn(env['PEERMESH_MESH_NODES'] ?? '');
  const named = flags.node === undefined ? undefined : known.get(flags.node);
  if (flags.node !== undefined && named === undefined) throw new UsageError(`no URL is known for ${flags.node}`);
  const baseUrl = flags.url ?? named ?? env['PEERMESH_MESH_URL'];
  const token = env['PEERMESH_TOKEN'];
  if (baseUrl === undefined || token === undefined)
    throw new UsageError('name the node with --url or PEERMESH_MESH_URL, and put a token into PEERMESH_TOKEN');
  const clientAt = (url: string): MeshClient => createClient(meshRoutes, { baseUrl: url, token });
  return {
    client: clientAt(baseUrl),
    clientOf: (node) => {
      const url = known.get(node);
      return url === undefined ? null : clientAt(url);
    },
    stream: async function* (path) {
      const answer = await fetch(new URL(path, baseUrl), {
        headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
        signal,
      });
      if (!answer.ok || answer.body === null) throw new Error(`${answer.status} ${await answer.text()}`);
      for await (const event of readEventStream(answer.body)) {
        if (event.type === 'problem') throw new Error(problemText(event.data as ProblemDetails));
        yield event;
      }
      throw new Error('the node has ended the stream');
    },
    signal,
    print: write,
    clear: () => (isTerminal ? write('\u001b[2J\u001b[H') : undefined),
    pause: (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
      }),
  };
}

/** `name=url,name=url` */
function nodesIn(text: string): Map<string, string> {
  const pairs = text.split(',').flatMap((entry) => {
    const equals = entry.indexOf('=');
    return equals <= 0 ? [] : [[entry.slice(0, equals).trim(), entry.slice(equals + 1).trim()] as const];
  });
  return new Map(pairs);
}

function isWrongUsage(error: unknown): boolean {
  if (error instanceof UsageError) return true;
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

function textOf(error: unknown): string {
  if (isPeerMeshError(error)) return problemText(error.toProblem());
  return error instanceof Error ? error.message : String(error);
}

function problemText({ code, detail, title }: ProblemDetails): string {
  return `${code}: ${detail ?? title}`;
}
