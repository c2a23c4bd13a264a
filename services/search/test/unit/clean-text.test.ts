import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayText, plainArrayText } from '../../src/adapters/pg/array-text.ts';
import { cleanJsonText } from '../../src/domain/records/clean-text.ts';

test('JSON for PostgreSQL holds no NUL and no half of a pair, wherever in the value it was', () => {
  const dirty = { 'k\u0000ey': ['a\u0000b', { deep: '\ud83d!' }], plain: 'c' };
  assert.equal(cleanJsonText(dirty), JSON.stringify({ key: ['ab', { deep: '\ufffd!' }], plain: 'c' }));
});

test('clean text stays as it is, also when it spells out what is cleaned', () => {
  for (const text of ['caf\u00e9 \ud83d\ude00', 'C:\\u0000\\ud800', 'line\nbreak\u0001'])
    assert.deepEqual(JSON.parse(cleanJsonText({ text })), { text });
});

test('lists become array literals in which nothing ends an element early', () => {
  assert.equal(arrayText([]), '{}');
  assert.equal(arrayText(['']), '{""}');
  assert.equal(arrayText(['doc_1', 'a,b', '{c}', 'NULL']), '{"doc_1","a,b","{c}","NULL"}');
  assert.equal(arrayText(['say "x"', 'back\\slash']), '{"say \\"x\\"","back\\\\slash"}');
  assert.equal(plainArrayText([1, -2.5, true, false]), '{1,-2.5,true,false}');
});
