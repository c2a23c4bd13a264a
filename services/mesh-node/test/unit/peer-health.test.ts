import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PeerHealth } from '../../src/runtime/peer-health.ts';

const first = { id: 1, peer: 'quay-1' };
const second = { id: 2, peer: 'quay-1' };

function healthWithLog() {
  const told: string[] = [];
  return { told, health: new PeerHealth((peer, isHealthy) => told.push(`${peer} ${isHealthy}`)) };
}

test('a peer that gave no sign of life is unhealthy until there is a new connection, and each change is told once', () => {
  const { health, told } = healthWithLog();
  health.connected(first);
  health.ended(first, 'unhealthy');
  health.ended(first, 'silent');
  assert.deepEqual([health.isHealthy('quay-1'), health.unhealthy], [false, ['quay-1']]);
  health.connected(second);
  health.connected({ id: 3, peer: 'quay-1' });
  assert.deepEqual([health.isHealthy('quay-1'), health.unhealthy], [true, []]);
  assert.deepEqual(told, ['quay-1 false', 'quay-1 true']);
});

test('a peer that came back while the connection before was being ended is well', () => {
  const { health, told } = healthWithLog();
  health.connected(first);
  health.ended(first, 'silent');
  health.connected(second);
  health.ended(first, 'silent');
  assert.deepEqual([health.isHealthy('quay-1'), told], [true, ['quay-1 false', 'quay-1 true']]);
});

test('a peer is well while another connection to it lives', () => {
  const { health, told } = healthWithLog();
  health.connected(first);
  health.connected(second);
  health.ended(first, 'silent');
  assert.deepEqual([health.isHealthy('quay-1'), told], [true, []]);
  health.ended(second, 'silent');
  assert.deepEqual([health.isHealthy('quay-1'), told], [false, ['quay-1 false']]);
});

test('a connection that ends for another reason says nothing of the health of its peer', () => {
  const { health, told } = healthWithLog();
  for (const reason of ['shutdown', 'duplicate', 'peer: shutdown', 'connection_lost', 'slow_reader']) {
    health.connected(first);
    health.ended(first, reason);
  }
  assert.deepEqual([health.isHealthy('quay-1'), told], [true, []]);
});

test('who is no member any more is forgotten without a word', () => {
  const { health, told } = healthWithLog();
  health.connected(first);
  health.ended(first, 'unhealthy');
  health.keepOnly((peer) => peer !== 'quay-1');
  assert.deepEqual([health.unhealthy, told], [[], ['quay-1 false']]);
});
