import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRequestTarget } from '../../src/domain/request-path.ts';

const HOST = 'api.example.com';

test('splits path and query', () => {
  assert.deepEqual(parseRequestTarget('/api/v1/search?q=a%2Fb', HOST), { path: '/api/v1/search', search: '?q=a%2Fb' });
  assert.deepEqual(parseRequestTarget('/', HOST), { path: '/', search: '' });
  assert.deepEqual(parseRequestTarget('/a/%C3%A9', HOST), { path: '/a/%C3%A9', search: '' });
});

test('accepts the absolute form for its own host only', () => {
  assert.deepEqual(parseRequestTarget('http://api.example.com/a?b', HOST), { path: '/a', search: '?b' });
  assert.deepEqual(parseRequestTarget('http://API.example.com', HOST), { path: '/', search: '' });
  assert.equal(parseRequestTarget('http://evil.example.com/a', HOST), null);
  assert.equal(parseRequestTarget('http://api.example.com@evil.example.com/a', HOST), null);
});

for (const target of [
  '/a/../b',
  '/a/..',
  '/./a',
  '/a/%2e%2e/b',
  '/a/%2E./b',
  '/a%2fb',
  '/a%5cb',
  '/a\\b',
  '//a',
  '/a//b',
  '/a%00b',
  '/a%0d%0aset-cookie:x',
  '/a%zz',
  '/a%c3',
  '/a#b',
  '/a\tb',
  '/é',
  '*',
  'a/b',
  '',
]) {
  test(`refuses ${JSON.stringify(target)}`, () => assert.equal(parseRequestTarget(target, HOST), null));
}

test('accepts dots that are no segments', () => {
  assert.notEqual(parseRequestTarget('/api/v1/.well-known/jwks.json', HOST), null);
  assert.notEqual(parseRequestTarget('/a/...', HOST), null);
  assert.notEqual(parseRequestTarget('/a..b', HOST), null);
});
