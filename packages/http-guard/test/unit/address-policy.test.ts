import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyAddress, parseAllowHosts } from '../../src/index.ts';

const FORBIDDEN = [
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.7',
  '203.0.113.9',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '::ffff:7f00:1',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::10.0.0.1',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  '::ffff:0:127.0.0.1',
  'not-an-address',
  '',
];
const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '93.184.215.14',
  '172.32.0.1',
  '192.169.0.1',
  '2606:4700:4700::1111',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
];

test('refuses every address that is not global unicast', () => {
  for (const address of FORBIDDEN) assert.equal(classifyAddress(address).allowed, false, address);
});

test('lets public addresses pass, also inside IPv6', () => {
  for (const address of PUBLIC) assert.equal(classifyAddress(address).allowed, true, address);
});

test('reads names, suffixes, addresses and networks into an allow list', () => {
  const allow = parseAllowHosts(['Feeds.Internal', '*.corp.example', '127.0.0.1', '10.1.0.0/16', '::1', '']);
  assert.ok(allow.hasHost('feeds.internal'));
  assert.ok(allow.hasHost('a.b.corp.example'));
  assert.ok(!allow.hasHost('corp.example'));
  assert.ok(!allow.hasHost('evilcorp.example'));
  assert.ok(allow.hasAddress('127.0.0.1') && allow.hasAddress('::ffff:127.0.0.1') && allow.hasAddress('::1'));
  assert.ok(allow.hasAddress('10.1.255.255') && !allow.hasAddress('10.2.0.0'));
});

test('refuses an allow list that it cannot read', () => {
  for (const entry of ['10.0.0.0/99', 'http://x', 'a b', '*']) {
    assert.throws(() => parseAllowHosts([entry]), TypeError, entry);
  }
});
