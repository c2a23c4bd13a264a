import { randomBytes } from 'node:crypto';
import { migrate } from '@peermesh/database';
import { connectNats } from '@peermesh/messaging';
import { applyStreams } from '@peermesh/messaging/streams';
import {
  freePort,
  issueTestToken,
  silentLogger,
  startTestJwksServer,
  startTestNats,
  startTestPostgres,
  startTestRedis,
} from '@peermesh/testkit';
import { type Running, startProcess } from '../gateway/processes.ts';

/** Intake and search, one process each, with their stores; signing keys stand in for auth. */
export interface PipelineProcesses {
  readonly ingest: Running;
  readonly search: Running;
  readonly nats: Awaited<ReturnType<typeof connectNats>>;
  readonly token: string;
  stop(): Promise<void>;
}

/** Starts everything with the settings that ship. */
export async function startPipeline(): Promise<PipelineProcesses> {
  const logger = silentLogger();
  const [postgres, server, redis, jwks] = await Promise.all([
    startTestPostgres({ own: true }),
    startTestNats(),
    startTestRedis(),
    startTestJwksServer(),
  ]);
  const database = await postgres.createDatabase({ service: 'ingest', services: ['search'] });
  const nats = await connectNats({ url: server.url, name: 'bench', logger });
  await applyStreams(nats);
  const start = async (service: 'ingest' | 'search'): Promise<Running> => {
    const home = new URL(`../../services/${service}/`, import.meta.url);
    const { ownerUrl, appUrl } = database.urlsOf(service);
    await migrate({ url: ownerUrl, schema: service, migrationsDir: new URL('src/migrations/', home), logger });
    const port = await freePort();
    return startProcess(new URL('src/main.ts', home).pathname, {
      readyUrl: `http://127.0.0.1:${port}`,
      env: {
        HOST: '127.0.0.1',
        PORT: String(port),
        LOG_LEVEL: 'error',
        DATABASE_URL: appUrl,
        NATS_URL: server.url,
        REDIS_URL: redis.url,
        JWKS_URL: jwks.url,
        INGEST_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      },
    });
  };
  const [ingest, search] = [await start('ingest'), await start('search')];
  return {
    ingest,
    search,
    nats,
    token: await issueTestToken({ role: 'admin', expiresInSeconds: 3_600 }),
    stop: async () => {
      await Promise.all([ingest.stop(), search.stop()]);
      await nats.close();
      await database.drop();
      await Promise.all([postgres.stop(), server.stop(), redis.stop(), jwks.stop()]);
    },
  };
}
