import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { waitFor } from '@peermesh/testkit';
import { NoteTaken } from '../support/note-taken.ts';
import { notesOf, type OpenBus, openBus } from '../support/open-bus.ts';

let open: OpenBus;
let handlers = 0;
const handled: string[][] = [];
const failing = new Set<string>();

before(async () => {
  open = await openBus();
  open.bus.consumeBatch(NoteTaken, { durable: 'test-batches', batchSize: 20 }, async (events, tx) => {
    handlers += 1;
    assert.equal(handlers, 1, 'one handler at a time');
    try {
      await tx.client.query(
        'INSERT INTO search_ledger (event_id, note) SELECT * FROM unnest($1::uuid[], $2::text[]) AS events',
        [events.map((event) => event.id), events.map((event) => event.data.note)],
      );
      for (const { data } of events) if (failing.delete(data.note)) throw new Error(`${data.note} fails once`);
      handled.push(events.map(({ data }) => data.note));
    } finally {
      handlers -= 1;
    }
  });
});

after(async () => {
  await open.bus.stop();
  await open.close();
});

const settled = (prefix: string, count: number): Promise<boolean> =>
  waitFor(async () => (await open.ledger(prefix)).length >= count, { timeoutMs: 20_000, message: `${count} effects` });

test('batches have their effects one after the other, in the order of the stream, also when one is read ahead', async () => {
  const notes = notesOf('order', 500);
  await open.publish(notes);
  await open.bus.start();
  await settled('order', notes.length);
  assert.deepEqual(await open.ledger('order'), notes);
  assert.ok(
    handled.some((batch) => batch.length === 20),
    'full batches were handled',
  );
});

test('a batch that fails is settled before the one that was read ahead of it has its effect', async () => {
  const notes = notesOf('fails', 500);
  for (const at of [30, 150, 310, 499]) failing.add(notes[at] ?? '');
  handled.length = 0;
  const failed = [...failing];
  await open.publish(notes);
  await settled('fails', notes.length);
  const ledger = await open.ledger('fails');
  assert.deepEqual([...ledger].sort(), [...notes].sort());
  assert.equal(failing.size, 0);
  const others = ledger.filter((note) => !failed.includes(note));
  assert.deepEqual(
    others,
    notes.filter((note) => !failed.includes(note)),
    'only what was delayed itself is out of order',
  );
});
