import { createDatabase } from '@peermesh/database';
import { connectNats, createBus } from '@peermesh/messaging';
import { silentLogger } from '@peermesh/testkit';
import { NoteTaken } from './note-taken.ts';

/** One replica of a service: `ledger-process.ts relay|consumer DATABASE_URL NATS_URL`. It never stops by itself. */
const [role = '', databaseUrl = '', natsUrl = ''] = process.argv.slice(2);
const logger = silentLogger();
const nats = await connectNats({ url: natsUrl, name: role, logger });
const db = createDatabase({ url: databaseUrl, schema: 'search', applicationName: role, logger });
const bus = createBus({ module: 'search', instance: `${role}-${process.pid}`, db, databaseUrl, nats, logger });
if (role === 'consumer') {
  bus.consumeBatch(
    NoteTaken,
    { durable: 'crash-ledger', batchSize: 20, concurrency: 2, ackWaitMs: 2_000 },
    async (events, tx) => {
      for (const event of events) {
        await tx.client.query('INSERT INTO search_ledger (event_id, note) VALUES ($1, $2)', [
          event.id,
          event.data.note,
        ]);
      }
    },
  );
}
await bus.start();
process.stdout.write('started\n');
