import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newEventId } from '@peermesh/contracts';
import pg from 'pg';
import { inboxOf } from '../../src/inbox.ts';

const inbox = inboxOf('search', 'search', 'a-consumer');
const answer = (row: object): pg.QueryResult => ({ rows: [row], command: '', rowCount: 1, oid: 0, fields: [] });

test('the inbox takes nothing but UUIDs into its statement', () => {
  assert.ok(inbox.admission([newEventId(), newEventId()]).includes("'a-consumer'"));
  assert.throws(() => inbox.admission([newEventId(), "x}'; DROP TABLE search_inbox; --"]), RangeError);
});

test('all of an entry are admitted, or the server refuses it', () => {
  const ids = [newEventId(), newEventId()];
  const taken: pg.QueryResult = { rows: [], command: 'INSERT', rowCount: 2, oid: 0, fields: [] };
  assert.deepEqual(inbox.admitted(taken, ids), new Set(ids));
  assert.throws(() => inbox.entry(["x}'; DROP TABLE search_inbox; --"]), RangeError);
  const error = (changes: object): pg.DatabaseError =>
    Object.assign(
      new pg.DatabaseError('taken', 5, 'error'),
      { code: '23505', schema: 'search', table: 'search_inbox' },
      changes,
    );
  assert.equal(inbox.isRefusal(error({})), true);
  assert.equal(inbox.isRefusal(error({ table: 'search_documents' })), false, 'what a handler runs into is its own');
  assert.equal(inbox.isRefusal(error({ code: '40001' })), false);
  assert.equal(inbox.isRefusal(new Error('taken')), false);
});

test('all are admitted, none, or those that are named', () => {
  const [first, second] = [newEventId(), newEventId()];
  assert.deepEqual(inbox.admitted(answer({ few: null, admitted: '2' }), [first, second]), new Set([first, second]));
  assert.deepEqual(inbox.admitted(answer({ few: [second], admitted: '1' }), [first, second]), new Set([second]));
  assert.deepEqual(inbox.admitted(answer({ few: null, admitted: '0' }), [first]), new Set());
  assert.deepEqual(inbox.admitted(null, [first]), new Set());
});
