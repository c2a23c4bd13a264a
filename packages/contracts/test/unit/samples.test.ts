import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import { sampleOf, sampleOfPattern } from '../../src/samples/index.ts';
import { compileSchema } from '../../src/schema/compile-schema.ts';

const patterns = [
  '^doc_[A-Za-z0-9-]{1,64}$',
  '^[0-9a-f]{64}$',
  '^(tenant|user:[A-Za-z0-9_-]{1,68}|role:[a-z0-9-]{1,64})$',
  '^[a-z][a-z0-9_-]{0,39}(:[a-z][a-z0-9_-]{0,39})?$',
  '^(allow|refuse|require:\\[(keyword|vector)(,(keyword|vector)){0,3}\\])$',
  '^[^\\p{Cc}]+$',
  '\\S',
  '^https?://',
  '^"[^"]{1,9}"$',
  '^\\d{4}-\\d{2}$',
  '^(?:a|b)+c*\\.$',
];
for (const pattern of patterns) {
  test(`makes a text for ${pattern}`, () => assert.match(sampleOfPattern(pattern), new RegExp(pattern, 'u')));
}

test('asks for an example where a pattern is beyond it', () => {
  assert.throws(() => sampleOfPattern('^(?=a)b'), /too rich/);
  assert.throws(() => sampleOfPattern('^(a)\\1{2}$'), /give an example/);
});

const schema = Type.Object({
  id: Type.String({ pattern: '^doc_[a-z]{3,9}$' }),
  kind: Type.Union([Type.Literal('a'), Type.Literal('b')]),
  note: Type.Union([Type.String({ minLength: 7, maxLength: 8 }), Type.Null()]),
  count: Type.Integer({ minimum: 3, maximum: 4 }),
  share: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
  at: Type.String({ format: 'date-time' }),
  tags: Type.Array(Type.String(), { minItems: 2, uniqueItems: true }),
  more: Type.Optional(Type.Record(Type.String({ pattern: '^x-[a-z]+$' }), Type.Boolean())),
});

for (const size of ['full', 'minimal'] as const) {
  test(`a ${size} sample matches its schema`, () => {
    const check = compileSchema(schema);
    assert.ok(check(sampleOf(schema, size)), JSON.stringify(check.errors));
  });
}

test('a full sample shows every field with a value, a minimal one only what is required', () => {
  const full = sampleOf(schema) as Record<string, unknown>;
  const minimal = sampleOf(schema, 'minimal') as Record<string, unknown>;
  assert.equal(typeof full['note'], 'string');
  assert.deepEqual(full['more'], { 'x-a': true });
  assert.equal(minimal['note'], null);
  assert.ok(!('more' in minimal));
});

test('examples and defaults come first, and samples do not change', () => {
  assert.equal(sampleOf(Type.String({ examples: ['Ada'], default: 'x' })), 'Ada');
  assert.equal(sampleOf(Type.Integer({ default: 20 })), 20);
  assert.deepEqual(sampleOf(schema), sampleOf(schema));
});
