import { join } from 'node:path';
import { findBinary, probeRedis, startRedisServer } from '../../servers/index.ts';
import { LauncherError } from '../launcher-error.ts';
import { isListening } from '../port-owner.ts';
import { rotateLog } from '../state-folder.ts';
import { supervise } from '../supervised.ts';
import { type Dependency, type DependencyOrigin, portTaken } from './dependency.ts';
import { installCommand, installPackage } from './package-manager.ts';
import type { DependencyContext } from './postgres.ts';

export const REDIS_PACKAGE = { apt: 'redis-server', brew: 'redis' } as const;

/** Redis or Valkey, from wherever this machine has it. */
export async function openRedis(context: DependencyContext, password: string): Promise<Dependency> {
  const { settings, state } = context;
  const external = settings.externalUrls.redis;
  if (external !== undefined) return openForeign(external, 'environment');
  const port = settings.ports.redis;
  if (await isListening(port)) {
    return openForeign(`redis://:${encodeURIComponent(password)}@127.0.0.1:${port}/0`, 'listening').catch(() => {
      throw portTaken('Redis', 'redis', port);
    });
  }
  const { binary, origin } = await findRedisServer();
  const logFile = state.logFile('redis');
  rotateLog(logFile);
  const process = supervise({
    name: 'redis',
    url: `redis://127.0.0.1:${port}`,
    logFile,
    onEvent: context.onEvent,
    onChange: context.onChange,
    launch: (onSpawn) =>
      startRedisServer({ binary, folder: join(state.data, 'redis'), logFile, port, password, onSpawn }),
  });
  context.onSupervised(process);
  await process.start();
  return {
    url: `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}/0`,
    origin,
    process,
    probe: () => probeRedis({ host: '127.0.0.1', port, password }),
    description: `Redis (${binary})`,
  };
}

async function openForeign(url: string, origin: DependencyOrigin): Promise<Dependency> {
  const { hostname, port, password } = new URL(url);
  const target = { host: hostname, port: Number(port || 6379) };
  const probe = (): Promise<void> =>
    probeRedis(password === '' ? target : { ...target, password: decodeURIComponent(password) });
  try {
    await probe();
  } catch (error) {
    throw new LauncherError('PEERMESH_REDIS_URL does not answer', (error as Error).message, error);
  }
  return { url, origin, process: null, probe, description: `Redis at ${new URL(url).host}` };
}

export async function findRedisServer(): Promise<{ binary: string; origin: DependencyOrigin }> {
  const find = (): string | null => findBinary('redis-server') ?? findBinary('valkey-server');
  const found = find();
  if (found !== null) return { binary: found, origin: 'path' };
  const packaged = (await installPackage(REDIS_PACKAGE)) ? find() : null;
  if (packaged !== null) return { binary: packaged, origin: 'package manager' };
  throw new LauncherError('redis-server is missing', `get it with \`${installCommand(REDIS_PACKAGE)}\``);
}
