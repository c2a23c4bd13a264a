import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '@peermesh/testkit';
import type { RouteStore } from '../../src/ports.ts';
import { RouteTables } from '../../src/tables/route-tables.ts';

const file = fileURLToPath(new URL('../../config/routes.yaml', import.meta.url));
const services = ['auth', 'ingest', 'search', 'publisher', 'router', 'mesh'];

test('a store that was away is forgotten with the next poll that succeeds', async (t) => {
  let isAway = false;
  const store: RouteStore = {
    active: async () => null,
    activeRevision: async () => {
      if (isAway) throw new Error('the database system is not yet accepting connections');
      return 0;
    },
    history: async () => [],
    byRevision: async () => null,
    activate: async () => null,
  };
  const tables = new RouteTables({ file, store, services, logger: silentLogger(), onActive: () => undefined });
  await tables.start();
  t.after(() => tables.stop());
  assert.equal(tables.lastError, null);
  isAway = true;
  await tables.poll();
  assert.match(tables.lastError ?? '', /not yet accepting/);
  isAway = false;
  await tables.poll();
  assert.equal(tables.lastError, null);
});

test('a table that was refused is reported until another one is active', async (t) => {
  const config = { apiVersion: 'peermesh/v1', routes: 'none' };
  const store = {
    active: async () => null,
    activeRevision: async () => 1,
    history: async () => [],
    byRevision: async () => ({ revision: 1, config }),
    activate: async () => null,
  } as unknown as RouteStore;
  const tables = new RouteTables({ file, store, services, logger: silentLogger(), onActive: () => undefined });
  await tables.start();
  t.after(() => tables.stop());
  const other = { ...store, activeRevision: async () => 2, byRevision: async () => ({ revision: 2, config }) };
  Object.assign(store, other);
  await tables.poll();
  assert.notEqual(tables.lastError, null);
  await tables.poll();
  assert.notEqual(tables.lastError, null);
});
