import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { freePort, startPostgresServer } from '../servers/index.ts';
import { findNatsServer } from './dependencies/nats.ts';
import { findPostgresBinaries } from './dependencies/postgres.ts';
import { findRedisServer } from './dependencies/redis.ts';
import { findNginx } from './nginx-step.ts';
import type { Settings } from './settings.ts';
import { prepareStateFolder, stateFolder } from './state-folder.ts';

/**
 * Makes sure that the servers which tests start are on this machine, starts the one PostgreSQL that they share,
 * and gives the variables that lead to both. Without nginx its tests are skipped. The server and its data are gone afterwards.
 */
export async function withTestServers(
  settings: Settings,
  work: (env: Readonly<Record<string, string>>) => Promise<number>,
): Promise<number> {
  const state = stateFolder(settings.home);
  prepareStateFolder(state);
  const [{ folder: binaries }, nats, redis] = [
    await findPostgresBinaries(state),
    await findNatsServer(),
    await findRedisServer(),
  ];
  await findNginx().catch(() => null);
  const folder = mkdtempSync(join(tmpdir(), 'peermesh-test-pg-'));
  chmodSync(folder, 0o711);
  const { process: server, url } = await startPostgresServer({
    binaries,
    dataFolder: join(folder, 'data'),
    logFile: join(folder, 'postgres.log'),
    port: await freePort(),
    superuser: 'postgres',
    password: randomBytes(18).toString('base64url'),
    durability: 'throwaway',
  });
  try {
    const found = [binaries, dirname(nats.binary), dirname(redis.binary)];
    return await work({
      PEERMESH_TEST_PG_URL: url,
      PATH: [process.env['PATH'], ...found].join(delimiter),
    });
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
