import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PeerHealth } from '../../src/runtime/peer-health.ts';

function healthWithLog() {
  const told: string[] = [];
  return { told, health: new PeerHealth((peer, isHealthy) => told.push(`${peer} ${isHealthy}`)) };
}

test('a peer that gave no sign of life is unhealthy until there is a new connection, and each change is told once', () => {
  const { health, told } = healthWithLog();
  health.connected('quay-1');
  health.closed('quay-1', 'unhealthy');
  health.closed('quay-1', 'silent');
  assert.deepEqual([health.isHealthy('quay-1'), health.unhealthy], [false, ['quay-1']]);
  health.connected('quay-1');
  health.connected('quay-1');
  assert.deepEqual([health.isHealthy('quay-1'), health.unhealthy], [true, []]);
  assert.deepEqual(told, ['quay-1 false', 'quay-1 true']);
});

test('a connection that ends for another reason says nothing of the health of its peer', () => {
  const { health, told } = healthWithLog();
  for (const reason of ['shutdown', 'duplicate', 'peer: shutdown', 'connection_lost', 'slow_reader'])
    health.closed('quay-1', reason);
  assert.deepEqual([health.isHealthy('quay-1'), told], [true, []]);
});

test('who is no member any more is forgotten without a word', () => {
  const { health, told } = healthWithLog();
  health.closed('quay-1', 'unhealthy');
  health.keepOnly((peer) => peer !== 'quay-1');
  assert.deepEqual([health.unhealthy, told], [[], ['quay-1 false']]);
});
