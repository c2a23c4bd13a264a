import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TObject, Type } from 'typebox';
import { incompatibilities } from '../../src/generate/index.ts';

const base = {
  id: Type.String({ maxLength: 10 }),
  kind: Type.Union([Type.Literal('a'), Type.Literal('b')]),
  note: Type.Optional(Type.String()),
  place: Type.Object({ city: Type.String() }),
  tags: Type.Array(Type.Object({ name: Type.String() })),
};
const before = Type.Object(base);

function changesOf(after: TObject): string[] {
  return incompatibilities(JSON.parse(JSON.stringify(before)), JSON.parse(JSON.stringify(after)));
}

test('a new optional field is compatible, at any depth', () => {
  assert.deepEqual(changesOf(before), []);
  assert.deepEqual(changesOf(Type.Object({ ...base, colour: Type.Optional(Type.String()) })), []);
  const place = Type.Object({ city: Type.String(), zip: Type.Optional(Type.String()) });
  assert.deepEqual(changesOf(Type.Object({ ...base, place })), []);
});

test('descriptions, examples and defaults may change', () => {
  const id = Type.String({ maxLength: 10, description: 'The id.', examples: ['x'] });
  assert.deepEqual(changesOf(Type.Object({ ...base, id }, { description: 'A note.' })), []);
});

const breaks: readonly (readonly [string, TObject, string])[] = [
  ['a new required field', Type.Object({ ...base, colour: Type.String() }), '/properties/colour becomes required'],
  ['a field that becomes required', Type.Object({ ...base, note: Type.String() }), '/properties/note becomes required'],
  [
    'a required field that consumers can no longer count on',
    Type.Object({ ...base, id: Type.Optional(base.id) }),
    '/properties/id is no longer required',
  ],
  [
    'another type',
    Type.Object({ ...base, note: Type.Optional(Type.Integer()) }),
    '/properties/note/type changes from "string" to "integer"',
  ],
  [
    'a narrower limit',
    Type.Object({ ...base, id: Type.String({ maxLength: 5 }) }),
    '/properties/id/maxLength changes from 10 to 5',
  ],
  [
    'a wider limit, which older consumers refuse',
    Type.Object({ ...base, id: Type.String() }),
    '/properties/id/maxLength changes from 10 to nothing',
  ],
];
for (const [name, after, expected] of breaks) {
  test(`${name} is a break`, () => assert.ok(changesOf(after).includes(expected), changesOf(after).join('\n')));
}

test('a value that leaves or joins a closed vocabulary is a break', () => {
  const removed = changesOf(Type.Object({ ...base, kind: Type.Union([Type.Literal('a')]) }));
  assert.match(removed.join('\n'), /^\/properties\/kind\/anyOf changes/);
  const added = Type.Union([Type.Literal('a'), Type.Literal('b'), Type.Literal('c')]);
  assert.match(changesOf(Type.Object({ ...base, kind: added })).join('\n'), /^\/properties\/kind\/anyOf changes/);
  const replaced = Type.Union([Type.Literal('a'), Type.Literal('c')]);
  assert.deepEqual(changesOf(Type.Object({ ...base, kind: replaced })), [
    '/properties/kind/anyOf/1/const changes from "b" to "c"',
  ]);
});

test('a change inside an array is found where it is', () => {
  const tags = Type.Array(Type.Object({ name: Type.Integer() }));
  assert.deepEqual(changesOf(Type.Object({ ...base, tags })), [
    '/properties/tags/items/properties/name/type changes from "string" to "integer"',
  ]);
});

test('a removed field is a break, also an optional one', () => {
  const { note: _note, ...rest } = base;
  assert.deepEqual(changesOf(Type.Object(rest)), ['/properties/note is removed']);
});
