import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newEventId } from '@peermesh/contracts';
import type pg from 'pg';
import { inboxOf } from '../../src/inbox.ts';

const inbox = inboxOf('search', 'search', 'a-consumer');
const answer = (row: object): pg.QueryResult => ({ rows: [row], command: '', rowCount: 1, oid: 0, fields: [] });

test('the inbox takes nothing but UUIDs into its statement', () => {
  assert.ok(inbox.admission([newEventId(), newEventId()]).includes("'a-consumer'"));
  assert.throws(() => inbox.admission([newEventId(), "x}'; DROP TABLE search_inbox; --"]), RangeError);
});

test('all are admitted, none, or those that are named', () => {
  const [first, second] = [newEventId(), newEventId()];
  assert.deepEqual(inbox.admitted(answer({ few: null, admitted: '2' }), [first, second]), new Set([first, second]));
  assert.deepEqual(inbox.admitted(answer({ few: [second], admitted: '1' }), [first, second]), new Set([second]));
  assert.deepEqual(inbox.admitted(answer({ few: null, admitted: '0' }), [first]), new Set());
  assert.deepEqual(inbox.admitted(null, [first]), new Set());
});
