import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addressesOf, loadMeshNodeConfig } from '../../src/config.ts';
import { queueLimitsOf, transportLimitsOf } from '../../src/runtime/configured-limits.ts';
import { transportLimitProblems } from '../../src/transport/index.ts';

const env = {
  HOST: '127.0.0.1',
  PORT: '0',
  DATABASE_URL: 'postgres://peermesh@127.0.0.1:5432/peermesh',
  NATS_URL: 'nats://127.0.0.1:4222',
  REDIS_URL: 'redis://127.0.0.1:6379',
  JWKS_URL: 'http://127.0.0.1:8101/jwks.json',
  MESH_HOME: '/var/lib/peermesh/mesh-a',
  MESH_NAME: 'mesh-a',
};

describe('settings of a mesh node', () => {
  it('needs no listener: a node may only dial out', () => {
    assert.equal(loadMeshNodeConfig(env).MESH_LISTEN, '');
  });

  it('refuses an address of a kind that is not spoken, and names the setting', () => {
    assert.throws(
      () => loadMeshNodeConfig({ ...env, MESH_ADVERTISE: 'ws://a:1,http://b:2' }),
      /MESH_ADVERTISE must be ws, wss, grpc or grpcs URLs/,
    );
  });

  it('listens in several places, with TLS in all of them or in none', () => {
    const MESH_LISTEN = 'wss://0.0.0.0:8201, grpcs://0.0.0.0:8211';
    assert.equal(loadMeshNodeConfig({ ...env, MESH_LISTEN }).MESH_LISTEN, MESH_LISTEN);
    const mixed = 'wss://0.0.0.0:8201,grpc://127.0.0.1:8211';
    assert.throws(() => loadMeshNodeConfig({ ...env, MESH_LISTEN: mixed }), /MESH_LISTEN must be with TLS everywhere/);
  });

  it('beats every 2 to 10 seconds, 5 when nothing is said', () => {
    assert.equal(transportLimitsOf(loadMeshNodeConfig(env)).heartbeatMs, 5_000);
    for (const MESH_HEARTBEAT_MS of ['2000', '10000']) {
      const limits = transportLimitsOf(loadMeshNodeConfig({ ...env, MESH_HEARTBEAT_MS }));
      assert.deepEqual(transportLimitProblems(limits), []);
      assert.deepEqual([limits.heartbeatMs, limits.heartbeatMisses], [Number(MESH_HEARTBEAT_MS), 3]);
    }
    for (const MESH_HEARTBEAT_MS of ['1999', '10001', 'often'])
      assert.throws(() => loadMeshNodeConfig({ ...env, MESH_HEARTBEAT_MS }), /MESH_HEARTBEAT_MS/);
  });

  it('bounds the send queue at 100, half a second and the oldest, or as configured', () => {
    const limits = queueLimitsOf(loadMeshNodeConfig(env));
    assert.deepEqual(limits, { itemsMax: 100, blockMs: 500, overflow: 'drop-oldest' });
    const said = { MESH_SEND_QUEUE_MAX: '7', MESH_SEND_BLOCK_MS: '0', MESH_SEND_OVERFLOW: 'drop-newest' };
    const expected = { itemsMax: 7, blockMs: 0, overflow: 'drop-newest' };
    assert.deepEqual(queueLimitsOf(loadMeshNodeConfig({ ...env, ...said })), expected);
    assert.throws(() => loadMeshNodeConfig({ ...env, MESH_SEND_OVERFLOW: 'drop-all' }), /MESH_SEND_OVERFLOW/);
  });

  it('refuses a name that cannot stand in a host name', () => {
    assert.throws(() => loadMeshNodeConfig({ ...env, MESH_NAME: 'Mesh A' }), /MESH_NAME/);
  });

  it('reads several addresses', () => {
    assert.deepEqual(addressesOf('ws://a:1, wss://b:2 ,'), ['ws://a:1', 'wss://b:2']);
  });
});
