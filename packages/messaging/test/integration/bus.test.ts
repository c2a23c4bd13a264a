import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { newEventId } from '@peermesh/contracts';
import { connectNats, createBus, createTail, poison, type TailStart } from '@peermesh/messaging';
import { applyStreams } from '@peermesh/messaging/streams';
import { silentLogger, waitFor } from '@peermesh/testkit';
import { NoteTaken } from '../support/note-taken.ts';
import { notesOf, type OpenBus, openBus } from '../support/open-bus.ts';

const versions =
  process.env['PEERMESH_NATS_CURRENT_BIN'] === undefined ? ['found' as const] : ['found' as const, 'current' as const];

for (const version of versions) {
  describe(`on the ${version} nats-server`, () => {
    let open: OpenBus;

    before(async () => {
      open = await openBus(version);
      const { bus, nats } = open;
      await neverAnswered(nats);
      bus.consumeBatch(NoteTaken, { durable: 'test-ledger', maxAttempts: 3 }, async (events, tx) => {
        for (const event of events) {
          if (event.data.note === 'poison') throw poison('PM_TEST_POISON', 'this note is poison');
          await tx.client.query('INSERT INTO search_ledger (event_id, note) VALUES ($1, $2)', [
            event.id,
            event.data.note,
          ]);
        }
      });
      await bus.start();
    });

    after(async () => {
      await open.bus.stop();
      await open.close();
    });

    const settled = (prefix: string, count: number): Promise<boolean> =>
      waitFor(async () => (await open.ledger(prefix)).length >= count, {
        timeoutMs: 20_000,
        message: `${count} notes ${prefix}`,
      });
    const deadLetters = async (code: string): Promise<{ reason: string; headers: Record<string, string> }[]> => {
      const { rows } = await open.db.system((tx) =>
        tx.client.query('SELECT reason, headers FROM search_dead_letters WHERE code = $1', [code]),
      );
      return rows;
    };

    test('a tail has caught up at once where nothing is to come, and otherwise with the last event of its stream', async () => {
      await open.publish(['tail 1', 'tail 2']);
      await settled('tail', 2);
      const { state } = await (await jetstreamManager(open.nats)).streams.info(NoteTaken.stream);
      const follow = async (from: TailStart): Promise<string[]> => {
        const seen: string[] = [];
        const tail = createTail({ nats: open.nats, events: [NoteTaken], from, logger: silentLogger() }, ({ data }) =>
          seen.push((data as { note: string }).note),
        );
        const late = delay(10_000, 'late', { ref: false });
        assert.notEqual(await Promise.race([tail.caughtUp, late]), 'late');
        assert.equal(tail.stalenessMs(), 0);
        await tail.stop();
        return seen;
      };
      await waitFor(() => Date.now() > Date.parse(state.last_ts));
      assert.deepEqual(await follow({ time: new Date() }), []);
      assert.deepEqual(await follow({ sequence: state.last_seq + 1 }), []);
      assert.deepEqual(await follow('new'), []);
      assert.deepEqual((await follow({ time: new Date(0) })).slice(-2), ['tail 1', 'tail 2']);
    });

    test('streams are applied once and found unchanged afterwards', async () => {
      assert.deepEqual(await applyStreams(open.nats), []);
    });

    test('a message that the server gave up on becomes a dead letter', async () => {
      await waitFor(async () => (await deadLetters('PM_MESSAGING_EXHAUSTED')).length === 1, {
        message: 'the advisory was handled',
      });
    });

    test('events have their effect once and in order', async () => {
      const notes = notesOf('a', 500);
      await open.publish(notes);
      await settled('a', 500);
      assert.deepEqual(await open.ledger('a'), notes);
    });

    test('an event that comes again as a message of its own has no second effect, and holds up no other', async () => {
      const send = async (id: string, note: string): Promise<void> => {
        const envelope = headers();
        envelope.set('ce-id', id);
        for (const name of ['source', 'tenantid']) envelope.set(`ce-${name}`, 'default');
        envelope.set('ce-time', new Date().toISOString());
        envelope.set('ce-type', NoteTaken.type);
        await jetstream(open.nats).publish('search.note_taken', JSON.stringify({ note }), { headers: envelope });
      };
      const [known, fresh] = [newEventId(), newEventId()];
      await send(known, 'twice-1');
      await settled('twice', 1);
      await Promise.all([send(known, 'twice-1'), send(fresh, 'twice-2')]);
      await settled('twice', 2);
      assert.deepEqual(await open.ledger('twice'), ['twice-1', 'twice-2']);
    });

    test('data that does not match its schema is refused when it is published', async () => {
      await assert.rejects(open.publish([5 as unknown as string]), TypeError);
      const surplus = { note: 'x', extra: 1 } as { note: string };
      await assert.rejects(
        open.db.system((tx) => open.bus.publish(tx, NoteTaken, surplus, { tenantId: 't', partitionKey: 'k' })),
        TypeError,
      );
    });

    test('a message of any other shape becomes a dead letter with its reason', async () => {
      const stream = jetstream(open.nats);
      await stream.publish('search.note_taken', 'no headers');
      const odd = headers();
      odd.set('ce-id', 'not-a-uuid');
      for (const name of ['source', 'time', 'tenantid']) odd.set(`ce-${name}`, 'x');
      odd.set('ce-type', NoteTaken.type);
      await stream.publish('search.note_taken', '{}', { headers: odd });
      odd.set('ce-id', '0198b0c2-f1a2-7cc3-a1b2-c3d4e5f60718');
      await stream.publish('search.note_taken', Buffer.from([0xff, 0x00, 0x7b]), { headers: odd });
      await waitFor(async () => (await deadLetters('PM_MESSAGING_SCHEMA')).length === 3, { message: 'three letters' });
      assert.deepEqual((await deadLetters('PM_MESSAGING_SCHEMA')).map(({ reason }) => reason).sort(), [
        'ce-id is not a UUID',
        'the body is not JSON in UTF-8',
        'the header ce-id is missing',
      ]);
    });

    test('an event of a transaction that commits late is not skipped', async () => {
      const { promise: hold, resolve: release } = Promise.withResolvers<void>();
      const { promise: written, resolve: onWritten } = Promise.withResolvers<void>();
      const slow = open.db.system(async (tx) => {
        await open.bus.publish(tx, NoteTaken, { note: 'late-1' }, { tenantId: 'default', partitionKey: 'late' });
        onWritten();
        await hold;
      });
      await written;
      await open.publish(['late-2']);
      assert.deepEqual(await open.ledger('late'), []);
      release();
      await slow;
      await settled('late', 2);
      assert.deepEqual(await open.ledger('late'), ['late-1', 'late-2']);
    });

    test('a transaction that is older but commits last still comes out, after the younger one', async () => {
      const { promise: hold, resolve: release } = Promise.withResolvers<void>();
      const { promise: begun, resolve: onBegun } = Promise.withResolvers<void>();
      const older = open.db.system(async (tx) => {
        await tx.client.query('SELECT pg_current_xact_id()');
        onBegun();
        await hold;
        await open.bus.publish(tx, NoteTaken, { note: 'order-2' }, { tenantId: 'default', partitionKey: 'order' });
      });
      await begun;
      await open.publish(['order-1']);
      release();
      await older;
      await settled('order', 2);
      assert.deepEqual(await open.ledger('order'), ['order-1', 'order-2']);
    });

    test('a poison event becomes a dead letter and its neighbours have their effect', async () => {
      await open.publish(['p1', 'poison', 'p2']);
      await settled('p', 2);
      await waitFor(async () => (await deadLetters('PM_TEST_POISON')).length === 1);
      assert.deepEqual(await open.ledger('p'), ['p1', 'p2']);
    });

    test('a consumer that was deleted on the server is made again, and nothing has a second effect', async () => {
      await (await jetstreamManager(open.nats)).consumers.delete('SEARCH', 'test-ledger');
      await open.publish(['deleted-1']);
      await settled('deleted', 1);
      assert.deepEqual(await open.ledger('deleted'), ['deleted-1']);
      assert.equal((await open.ledger('a')).length, 500);
    });

    test('every database connection cut in the middle loses and doubles nothing', async () => {
      const notes = notesOf('c', 1_000);
      for (let at = 0; at < notes.length; at += 100) {
        await open.publish(notes.slice(at, at + 100));
        if (at % 300 === 0)
          await open.db.pool
            .query(
              'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
            )
            .catch(() => undefined);
      }
      await settled('c', notes.length);
      assert.deepEqual((await open.ledger('c')).sort(), notes);
    });

    test('a leader that was overtaken notices, leads anew, and nothing is lost', async () => {
      const epoch = async (sql: string): Promise<number> =>
        Number((await open.db.pool.query<{ epoch: string }>(sql)).rows[0]?.epoch);
      const overtaken = await epoch('UPDATE search_outbox_leader SET epoch = epoch + 1 RETURNING epoch');
      await open.publish(['fenced-1']);
      await settled('fenced', 1);
      assert.deepEqual(await open.ledger('fenced'), ['fenced-1']);
      await waitFor(async () => (await epoch('SELECT epoch FROM search_outbox_leader')) > overtaken, {
        message: 'it leads with a new epoch',
      });
    });

    test('a second replica does not publish while the first leads', async (t) => {
      const holder = async (): Promise<string | undefined> =>
        (await open.db.pool.query<{ holder: string }>('SELECT holder FROM search_outbox_leader')).rows[0]?.holder;
      const second = open.replica('two');
      t.after(() => second.stop());
      await second.start();
      assert.equal(await holder(), 'one');
      const third = open.replica('three');
      t.after(() => third.stop());
      await second.stop();
      await third.start();
      assert.equal(await holder(), 'one');
    });

    test('a relay whose connection to NATS is closed for good rests between its tries', async (t) => {
      const logger = silentLogger();
      const triedAt: number[] = [];
      logger.warn = () => void triedAt.push(performance.now());
      const target = await open.emptyDatabase();
      t.after(() => target.close());
      const nats = await connectNats({ url: open.server.url, name: 'closed', logger });
      const bus = createBus({
        module: 'search',
        instance: 'closed',
        db: target.db,
        databaseUrl: target.url,
        nats,
        logger,
      });
      t.after(() => bus.stop());
      await bus.start();
      const note = (): Promise<unknown> =>
        target.db.system((tx) => bus.publish(tx, NoteTaken, { note: 'n' }, { tenantId: 'default', partitionKey: 'k' }));
      await note();
      await waitFor(async () => (await target.db.pool.query('SELECT 1 FROM search_outbox_chunks')).rowCount === 1, {
        message: 'it leads and publishes',
      });
      await nats.close();
      await Promise.all(Array.from({ length: 20 }, note));
      await waitFor(() => triedAt.length > 1, { message: 'two tries have failed' });
      const [first = 0, second = 0] = triedAt;
      assert.ok(second - first >= 150, `the second try came ${second - first} ms after the first`);
    });

    test('a broker that lost everything gets the events again, and nothing has a second effect', async () => {
      await open.server.wipe();
      await waitFor(() => applyStreams(open.nats), { timeoutMs: 20_000, message: 'streams are back' });
      await open.publish(['w1', 'w2']);
      await settled('w', 2);
      assert.deepEqual(await open.ledger('w'), ['w1', 'w2']);
      assert.equal((await open.ledger('a')).length, 500);
    });
  });
}

/** A message whose only delivery ends without an answer, by a consumer with the name of the one under test. */
async function neverAnswered(nats: OpenBus['nats']): Promise<void> {
  const manager = await jetstreamManager(nats);
  await manager.consumers.add('SEARCH', {
    durable_name: 'test-ledger',
    ack_policy: AckPolicy.Explicit,
    filter_subject: NoteTaken.subject,
    ack_wait: 200_000_000,
    max_deliver: 1,
  });
  await jetstream(nats).publish(NoteTaken.subject, '{}');
  const consumer = await jetstream(nats).consumers.get('SEARCH', 'test-ledger');
  await consumer.next({ expires: 2_000 });
  const poll = async (): Promise<boolean> => {
    await consumer.next({ expires: 1_000 });
    return (await manager.streams.info('ADVISORY')).state.messages > 0;
  };
  await waitFor(poll, { message: 'the server says that it gave up' });
}
