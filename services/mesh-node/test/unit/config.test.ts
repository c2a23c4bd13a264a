import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addressesOf, loadMeshNodeConfig } from '../../src/config.ts';

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

  it('refuses an address that is no WebSocket URL, and names the setting', () => {
    assert.throws(
      () => loadMeshNodeConfig({ ...env, MESH_ADVERTISE: 'ws://a:1,http://b:2' }),
      /MESH_ADVERTISE must be ws or wss URLs/,
    );
  });

  it('refuses a name that cannot stand in a host name', () => {
    assert.throws(() => loadMeshNodeConfig({ ...env, MESH_NAME: 'Mesh A' }), /MESH_NAME/);
  });

  it('reads several addresses', () => {
    assert.deepEqual(addressesOf('ws://a:1, wss://b:2 ,'), ['ws://a:1', 'wss://b:2']);
  });
});
