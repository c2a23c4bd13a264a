import { defineEvent } from '@peermesh/contracts';
import { createDatabase, type Database, migrate } from '@peermesh/database';
import { connectNats } from '@peermesh/messaging';
import { applyStreams } from '@peermesh/messaging/streams';
import { silentLogger, startTestNats, startTestPostgres } from '@peermesh/testkit';
import { Type } from 'typebox';

/** 256 bytes of payload, as a small event has. */
export const Measured = defineEvent({
  type: 'peermesh.search.measured.v1',
  subject: 'search.measured',
  stream: 'SEARCH',
  description: 'Only in this benchmark.',
  data: Type.Object({ n: Type.Integer(), sentAt: Type.Number(), filler: Type.String() }),
});

export const FILLER = 'x'.repeat(200);

/** PostgreSQL and NATS of its own, with the tables of a module and a ledger for effects. */
export async function openEnvironment(): Promise<{
  readonly db: Database<never>;
  readonly databaseUrl: string;
  readonly nats: Awaited<ReturnType<typeof connectNats>>;
  readonly logger: ReturnType<typeof silentLogger>;
  close(): Promise<void>;
}> {
  const logger = silentLogger();
  const [postgres, server] = await Promise.all([startTestPostgres({ own: true }), startTestNats()]);
  const target = await postgres.createDatabase({ service: 'search' });
  await migrate({
    url: target.ownerUrl,
    schema: 'search',
    migrationsDir: new URL('./migrations/', import.meta.url),
    logger,
  });
  const nats = await connectNats({ url: server.url, name: 'bench', logger });
  await applyStreams(nats);
  const db = createDatabase<never>({ url: target.appUrl, schema: 'search', applicationName: 'bench', logger });
  return {
    db,
    databaseUrl: target.appUrl,
    nats,
    logger,
    close: async () => {
      await nats.close();
      await db.close();
      await target.drop();
      await Promise.all([postgres.stop(), server.stop()]);
    },
  };
}
