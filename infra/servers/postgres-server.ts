import { execFile } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { findSetpriv, type GuardedProcess, type RunAs, startGuarded } from './guarded-process.ts';
import { untilReady } from './readiness.ts';
import { unprivilegedUser } from './unprivileged-user.ts';

const run = promisify(execFile);

export interface PostgresServerOptions {
  /** Folder with `initdb` and `postgres`. */
  readonly binaries: string;
  /** Made by initdb when it does not hold a cluster yet. */
  readonly dataFolder: string;
  readonly logFile: string;
  readonly port: number;
  readonly superuser: string;
  readonly password: string;
  /** `durable` for data that matters; `throwaway` turns fsync off. */
  readonly durability: 'durable' | 'throwaway';
  readonly settings?: Readonly<Record<string, string>>;
  /** Gets the process before it is ready. */
  readonly onSpawn?: (process: GuardedProcess) => void;
}

export interface PostgresServer {
  readonly process: GuardedProcess;
  /** Superuser URL of the database `postgres`. */
  readonly url: string;
}

const COMMON_SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '512MB',
  password_encryption: 'scram-sha-256',
  log_line_prefix: '%m [%p] %u@%d ',
  timezone: 'UTC',
};

/** Survives kill -9 of the server (synchronous_commit stays on), not the loss of power. */
const THROWAWAY_SETTINGS = { fsync: 'off', full_page_writes: 'off', max_connections: '400' };

/** Starts PostgreSQL on the loopback interface and waits until it answers `SELECT 1`. Never runs it as root. */
export async function startPostgresServer(options: PostgresServerOptions): Promise<PostgresServer> {
  const runAs = unprivilegedUser();
  if (!existsSync(join(options.dataFolder, 'PG_VERSION'))) await initialize(options, runAs);
  const settings = {
    ...COMMON_SETTINGS,
    ...(options.durability === 'throwaway' ? THROWAWAY_SETTINGS : {}),
    ...options.settings,
    port: String(options.port),
  };
  const process = startGuarded({
    command: join(options.binaries, 'postgres'),
    args: ['-D', options.dataFolder, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    cwd: '/',
    logFile: options.logFile,
    stopSignal: 'SIGINT',
    ...(runAs === undefined ? {} : { runAs }),
  });
  const url = `postgres://${options.superuser}:${encodeURIComponent(options.password)}@127.0.0.1:${options.port}/postgres`;
  options.onSpawn?.(process);
  await untilReady({
    server: 'PostgreSQL',
    process,
    logFile: options.logFile,
    timeoutMs: 60_000,
    probe: () => probePostgres(url),
  });
  return { process, url };
}

/** Resolves when the server answers `SELECT 1` for this URL. */
export async function probePostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function initialize(options: PostgresServerOptions, runAs: RunAs | undefined): Promise<void> {
  const { dataFolder } = options;
  const passwordFile = `${dataFolder}.password`;
  rmSync(dataFolder, { recursive: true, force: true });
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, options.password, { mode: 0o600 });
  chmodSync(dataFolder, 0o700);
  if (runAs !== undefined) for (const path of [dataFolder, passwordFile]) chownSync(path, runAs.uid, runAs.gid);
  const initdb = [
    join(options.binaries, 'initdb'),
    '-D',
    dataFolder,
    '-U',
    options.superuser,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
    ...(options.durability === 'throwaway' ? ['--no-sync'] : []),
  ];
  try {
    const [command, ...args] = [...identityPrefix(runAs), ...initdb] as [string, ...string[]];
    await run(command, args, { cwd: '/' });
  } catch (error) {
    rmSync(dataFolder, { recursive: true, force: true });
    throw new Error(`initdb failed: ${(error as { stderr?: string }).stderr?.trim() ?? String(error)}`, {
      cause: error,
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function identityPrefix(runAs: RunAs | undefined): string[] {
  const setpriv = findSetpriv();
  if (runAs === undefined) return [];
  if (setpriv === null) throw new Error('PostgreSQL does not run as root, and setpriv (util-linux) is not installed');
  return [setpriv, `--reuid=${runAs.uid}`, `--regid=${runAs.gid}`, '--clear-groups', '--'];
}
