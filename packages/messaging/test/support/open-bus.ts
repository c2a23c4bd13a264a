import { createDatabase, type Database, migrate } from '@peermesh/database';
import { type Bus, connectNats, createBus } from '@peermesh/messaging';
import { applyStreams } from '@peermesh/messaging/streams';
import { silentLogger, startTestNats, startTestPostgres, type TestDatabase, type TestNats } from '@peermesh/testkit';
import { NoteTaken } from './note-taken.ts';

/** Servers, a database with the tables of a module and a ledger, and one bus that is not started. */
export interface OpenBus {
  readonly server: TestNats;
  readonly databaseUrl: string;
  readonly db: Database<never>;
  readonly nats: Awaited<ReturnType<typeof connectNats>>;
  readonly bus: Bus;
  /** Another replica of the same module. */
  replica(instance: string): Bus;
  publish(notes: readonly string[]): Promise<string[]>;
  /** Notes that had their effect, in its order; one that had it twice is there twice. */
  ledger(prefix: string): Promise<string[]>;
  /** Another database with the tables of the module, in the same cluster. */
  emptyDatabase(): Promise<{ readonly url: string; readonly db: Database<never>; close(): Promise<void> }>;
  close(): Promise<void>;
}

/** Opens everything; on the server of `PEERMESH_NATS_CURRENT_BIN` when `version` says so. */
export async function openBus(version: 'found' | 'current' = 'found'): Promise<OpenBus> {
  const logger = silentLogger();
  const [postgres, server] = await Promise.all([startTestPostgres(), startTestNats({ version })]);
  const migrated = async (): Promise<TestDatabase> => {
    const made = await postgres.createDatabase({ service: 'search' });
    await migrate({
      url: made.ownerUrl,
      schema: 'search',
      migrationsDir: new URL('../fixtures/migrations/', import.meta.url),
      logger,
    });
    return made;
  };
  const opened = (url: string): Database<never> =>
    createDatabase<never>({ url, schema: 'search', applicationName: 'test', logger });
  const target = await migrated();
  const nats = await connectNats({ url: server.url, name: 'test', logger });
  await applyStreams(nats);
  const db = opened(target.appUrl);
  const replica = (instance: string): Bus =>
    createBus({ module: 'search', instance, db, databaseUrl: target.appUrl, nats, logger });
  const bus = replica('one');
  return {
    server,
    databaseUrl: target.appUrl,
    db,
    nats,
    bus,
    replica,
    publish: (notes) =>
      db.system((tx) =>
        bus.publishMany(
          tx,
          NoteTaken,
          notes.map((note) => ({ data: { note }, tenantId: 'default', partitionKey: 'k' })),
        ),
      ),
    ledger: async (prefix) => {
      const { rows } = await db.pool.query<{ note: string }>(
        'SELECT note FROM search_ledger WHERE note LIKE $1 ORDER BY position',
        [`${prefix}%`],
      );
      return rows.map((row) => row.note);
    },
    emptyDatabase: async () => {
      const other = await migrated();
      const otherDb = opened(other.appUrl);
      const close = async (): Promise<void> => {
        await otherDb.close();
        await other.drop();
      };
      return { url: other.appUrl, db: otherDb, close };
    },
    close: async () => {
      await nats.close();
      await db.close();
      await target.drop();
      await Promise.all([postgres.stop(), server.stop()]);
    },
  };
}

/** `count` notes that sort in the order in which they are published. */
export function notesOf(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(5, '0')}`);
}
