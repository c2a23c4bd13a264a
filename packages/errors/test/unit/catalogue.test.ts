import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorDefinition, errorCatalogue, findErrorDefinition, PROBLEM_TYPE_BASE } from '../../src/index.ts';

const entries = Object.entries(errorCatalogue).flatMap(([area, errors]) =>
  Object.values(errors).map((error): { area: string; error: ErrorDefinition } => ({ area, error })),
);

test('no two errors share a code', () => {
  const codes = entries.map(({ error }) => error.code);
  assert.deepEqual(
    codes.filter((code, index) => codes.indexOf(code) !== index),
    [],
  );
});

test('a code names its area', () => {
  for (const { area, error } of entries) {
    const prefix = `PM_${area.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}_`;
    assert.match(error.code, /^PM_[A-Z]+(_[A-Z0-9]+)+$/);
    assert.ok(error.code.startsWith(prefix), `${error.code} is in the area ${area}`);
  }
});

test('every error has a status of HTTP errors, a title and a page worth reading', () => {
  for (const { error } of entries) {
    assert.ok(error.status >= 400 && error.status <= 599, error.code);
    assert.match(error.title, /^[A-Z].*[^.]$/, `${error.code}: a title is a sentence without a full stop`);
    assert.match(error.description, /^[A-Z`].{20,}\.$/s, `${error.code}: a description is one or more full sentences`);
  }
});

test('a code leads to its definition, and to nothing when it is not in the catalogue', () => {
  for (const { error } of entries) assert.equal(findErrorDefinition(error.code)?.title, error.title);
  assert.equal(findErrorDefinition('PM_COMMON_DOES_NOT_EXIST'), undefined);
  assert.equal(findErrorDefinition('__proto__'), undefined);
});

test('the type of a problem is an absolute path, so it resolves at the host that answered', () => {
  const resolved = new URL(`${PROBLEM_TYPE_BASE}PM_COMMON_NOT_FOUND`, 'https://pm.example.org/api/v1/documents/doc_1');
  assert.equal(resolved.href, 'https://pm.example.org/docs/errors/PM_COMMON_NOT_FOUND');
});
