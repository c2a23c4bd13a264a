import { join } from 'node:path';
import { findBinary, freePort, type GuardedProcess, startRedisServer } from '@peermesh/infra/servers';
import { temporaryFolder } from './temporary-folder.ts';

/** A Redis for tests. Its port stays the same over restarts; its data does not. */
export interface TestRedis {
  readonly url: string;
  stop(): Promise<void>;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** Starts Redis, or Valkey where that is what is installed. */
export async function startTestRedis(): Promise<TestRedis> {
  const binary = findBinary('redis-server') ?? findBinary('valkey-server');
  if (binary === null)
    throw new Error('redis-server is not installed: `npm run doctor` names the command that gets it');
  const folder = temporaryFolder('redis');
  const serverOptions = {
    binary,
    folder: folder.path,
    logFile: join(folder.path, 'redis.log'),
    port: await freePort(),
  };
  const { process: first, url } = await startRedisServer(serverOptions);
  let server: GuardedProcess = first;
  return {
    url,
    kill: () => server.kill(),
    restart: async () => {
      await server.stop();
      server = (await startRedisServer(serverOptions)).process;
    },
    stop: async () => {
      await server.stop();
      folder.remove();
    },
  };
}
