import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasErrorCode } from '@peermesh/errors';
import { matchesQuery, necessaryWords, parseQuery } from '../../src/domain/query-expression.ts';
import { searchableText } from '../../src/domain/words.ts';

const text = searchableText(['Battery recycling grows in Europe', 'A second life for lithium cells; no lead inside']);

const cases: readonly (readonly [string, boolean])[] = [
  ['battery', true],
  ['BATTERY recycling', true],
  ['battery steel', false],
  ['steel OR battery', true],
  ['"battery recycling"', true],
  ['"recycling battery"', false],
  ['"in europe a"', false],
  ['"second life" AND lithium', true],
  ['battery NOT lead', false],
  ['battery -steel', true],
  ['battery AND (steel OR "second life") NOT cobalt', true],
  ['NOT steel', true],
  ['NOT (steel OR battery)', false],
  ['ｂａｔｔｅｒｙ', true],
  ['steel OR battery lead', true],
  ['(steel OR battery) cobalt', false],
  ['re-cycling', false],
  ['not', false],
];
for (const [query, expected] of cases) {
  test(`${query} ${expected ? 'matches' : 'does not match'}`, () => {
    assert.equal(matchesQuery(parseQuery(query), text), expected);
  });
}

for (const query of [
  '',
  '   ',
  '"open',
  '()',
  'a AND',
  'OR b',
  'NOT',
  '(a',
  'a)',
  '"..."',
  '-',
  'a OR OR b',
  '&&',
  '('.repeat(400),
]) {
  test(`refuses ${JSON.stringify(query.slice(0, 20))} and says where`, () => {
    assert.throws(
      () => parseQuery(query),
      (error) =>
        hasErrorCode(error, 'PM_PUBLISHER_QUERY_INVALID') && /character|levels/.test(error.occurrence.detail ?? ''),
    );
  });
}

test('every text that matches has one of the necessary words', () => {
  for (const [query, expected] of cases) {
    const words = necessaryWords(parseQuery(query));
    if (expected && words !== null)
      assert.ok(
        words.some((word) => text.words.has(word)),
        query,
      );
  }
  assert.equal(necessaryWords(parseQuery('NOT a')), null);
  assert.equal(necessaryWords(parseQuery('a OR NOT b')), null);
  assert.deepEqual(necessaryWords(parseQuery('a recycling NOT b')), ['recycling']);
  assert.deepEqual(necessaryWords(parseQuery('(a OR b) AND c')), ['c']);
});
