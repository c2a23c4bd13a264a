import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import { compileEvent, defineEvent } from '../../src/index.ts';

const event = defineEvent({
  type: 'peermesh.notes.written.v1',
  subject: 'notes.written',
  stream: 'CONTENT',
  description: 'A note was written.',
  data: Type.Object({
    id: Type.String({ pattern: '^nte_[a-z0-9]+$' }),
    writtenAt: Type.String({ format: 'date-time' }),
    tags: Type.Array(Type.Object({ name: Type.String() })),
    metadata: Type.Record(Type.String(), Type.Unknown()),
  }),
});
const good = { id: 'nte_1', writtenAt: '2026-11-21T06:00:00Z', tags: [{ name: 'a' }], metadata: { any: { thing: 1 } } };

test('accepts what matches, on both sides', () => {
  const check = compileEvent(event);
  assert.equal(check.refusalToPublish(good), null);
  assert.equal(check.refusalToConsume(good), null);
});

test('a publisher may not add fields anywhere, a consumer does not mind', () => {
  const check = compileEvent(event);
  for (const more of [
    { ...good, colour: 'red' },
    { ...good, tags: [{ name: 'a', colour: 'red' }] },
  ]) {
    assert.match(check.refusalToPublish(more) ?? '', /additional/);
    assert.equal(check.refusalToConsume(more), null);
    assert.ok(check.accepts(more));
  }
});

test('names the field that is wrong', () => {
  const check = compileEvent(event);
  assert.match(check.refusalToConsume({ ...good, id: 'x' }) ?? '', /^\/id /);
  assert.match(check.refusalToConsume({ ...good, writtenAt: 'yesterday' }) ?? '', /^\/writtenAt /);
  assert.match(check.refusalToConsume({ ...good, tags: [{}] }) ?? '', /^\/tags\/0 .*name/);
  for (const value of [null, undefined, [], 'text', 7]) assert.match(check.refusalToConsume(value) ?? '', /^\/ /);
});

test('compiles an event once', () => {
  assert.equal(compileEvent(event), compileEvent(event));
});
