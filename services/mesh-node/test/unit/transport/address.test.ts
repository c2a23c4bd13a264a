import assert from 'node:assert/strict';
import test from 'node:test';
import { formatAddress, parseAddress, parseLane } from '../../../src/transport/address.ts';

test('an address is read back as it was written', () => {
  for (const [host, port] of [
    ['node.example', 8_201],
    ['::1', 9],
    ['10.0.0.7', 65_535],
  ] as const)
    assert.deepEqual(parseAddress(formatAddress('wss', host, port), 'wss'), { host, port });
  assert.deepEqual(parseAddress('wss://node.example', 'wss'), { host: 'node.example', port: 443 });
});

test('what is no address of the scheme is none', () => {
  for (const text of [
    '',
    'wss',
    'ws://host:1',
    'wss://host:1/path',
    'wss://user@host:1',
    'wss://host:1?q',
    'grpc://host',
  ])
    assert.equal(parseAddress(text, 'wss'), null, text);
  assert.equal(parseAddress('grpc://host', 'grpc'), null);
});

test('a lane is a number below the most that there are', () => {
  assert.deepEqual(['0', '15', '16', '', '-1', '1.5', '007', undefined].map(parseLane), [
    0,
    15,
    null,
    null,
    null,
    null,
    null,
    null,
  ]);
});
