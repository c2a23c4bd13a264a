import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newEventId, newId } from '@peermesh/contracts';
import { uuidV7 } from '../../src/uuid-v7.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('ids are UUIDs of version 7, all different, and sort in the order in which they were made', () => {
  const ids = Array.from({ length: 20_000 }, newEventId);
  for (const id of ids) assert.match(id, UUID_V7);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual([...ids].sort(), ids);
});

test('ids keep their order when the clock stands still or goes back', () => {
  const nowMs = Date.now() + 3_600_000;
  const ids = [uuidV7(nowMs), uuidV7(nowMs), uuidV7(nowMs - 5_000), uuidV7(nowMs + 1)];
  assert.deepEqual([...ids].sort(), ids);
  assert.equal(Number.parseInt((ids[0] ?? '').replaceAll('-', '').slice(0, 12), 16), nowMs);
});

test('random parts do not repeat from one draw of the system to the next', () => {
  const tails = Array.from({ length: 5_000 }, () => newEventId().slice(-10));
  assert.equal(new Set(tails).size, tails.length);
});

test('an id of a kind is its prefix and 32 hexadecimal digits', () => {
  assert.match(newId('document'), /^doc_[0-9a-f]{32}$/);
});
