import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createDatabase, type Database, migrate } from '@peermesh/database';
import { createOutbox } from '@peermesh/messaging';
import { silentLogger, startTestPostgres, type TestPostgres } from '@peermesh/testkit';
import { PgFactStore } from '../../src/adapters/pg/fact-store.ts';
import type { Fact } from '../../src/facts/fact.ts';
import { linkState, member, messages, nodeIdOf } from '../support/facts.ts';

let postgres: TestPostgres;
let db: Database<unknown>;
let store: PgFactStore;

before(async () => {
  postgres = await startTestPostgres();
  const database = await postgres.createDatabase({ service: 'mesh' });
  await migrate({
    url: database.ownerUrl,
    schema: 'mesh',
    migrationsDir: new URL('../../src/migrations/', import.meta.url),
    logger: silentLogger(),
  });
  db = createDatabase<unknown>({
    url: database.appUrl,
    schema: 'mesh',
    applicationName: 'test',
    logger: silentLogger(),
  });
  store = new PgFactStore({
    db,
    outbox: createOutbox({ schema: 'mesh', module: 'mesh', instance: 'test' }),
    wakeRelay: () => undefined,
  });
});

after(async () => {
  await db.close();
  await postgres.stop();
});

/** How many events of a subject wait in the outbox. */
async function told(subject: string): Promise<number> {
  return db.system(async (tx) => {
    const { rows } = await tx.client.query<{ count: number }>(
      'SELECT coalesce(sum(cardinality(sizes) / 2), 0)::int AS count FROM mesh.mesh_outbox WHERE subject = $1',
      [subject],
    );
    return rows[0]?.count ?? -1;
  });
}

async function rowsOf<Row extends object>(sql: string): Promise<Row[]> {
  return db.system(async (tx) => (await tx.client.query<Row>(sql)).rows);
}

describe('the schema mesh', () => {
  it('tells a state of links once, however many nodes report it and in whatever order', async () => {
    const newest = linkState(1, { epoch: 2, sequence: 1 });
    await store.write([linkState(1, { epoch: 1, sequence: 5 }), newest]);
    await store.write([newest, linkState(1, { epoch: 1, sequence: 900 })]);
    assert.equal(await told('mesh.link_state_changed'), 2);
    const [row] = await rowsOf<{ epoch: string; sequence: string }>(
      'SELECT epoch, sequence FROM mesh.mesh_link_states WHERE origin = 1',
    );
    assert.deepEqual(row, { epoch: '2', sequence: '1' });
  });

  it('tells of a member once per change, and an old word does not undo a newer one', async () => {
    await store.write([member('joined', 4, 10), member('joined', 4, 10)]);
    await store.write([member('evicted', 4, 12), member('joined', 4, 10)]);
    assert.equal(await told('mesh.node_joined'), 1);
    assert.equal(await told('mesh.node_evicted'), 1);
    const [row] = await rowsOf<{ state: string }>('SELECT state FROM mesh.mesh_nodes WHERE short_id = 4');
    assert.equal(row?.state, 'evicted');
  });

  it('tells of a decision once, however many nodes report it, and again when the mesh is another one', async () => {
    const decision = (incarnation: string): Fact => ({
      kind: 'decision',
      incarnation,
      data: {
        meshId: 'harbour',
        decision: 'join_key_added',
        about: 'crew',
        operator: 'usr_operator',
        node: 1,
        index: 7,
      },
    });
    await store.write([decision('a'), decision('a')]);
    await store.write([decision('a'), decision('b')]);
    assert.equal(await told('mesh.administered'), 2);
    const rows = await rowsOf<{ operator: string }>('SELECT operator FROM mesh.mesh_decisions');
    assert.deepEqual(rows, [{ operator: 'usr_operator' }, { operator: 'usr_operator' }]);
  });

  it('tells of a failure when the member was alive, and of its return', async () => {
    await store.write([member('joined', 5, 20)]);
    const data = {
      meshId: 'harbour',
      shortId: 5,
      nodeId: nodeIdOf(5),
      name: 'quay-5',
      region: 'north',
      recovered: false,
      observedBy: 1,
    };
    const failed: Fact = { kind: 'liveness', data };
    await store.write([failed, { kind: 'liveness', data: { ...data, observedBy: 2 } }]);
    await store.write([{ kind: 'liveness', data: { ...data, recovered: true } }]);
    assert.equal(await told('mesh.node_failed'), 2);
  });

  it('tells what each node sees of its peers', async () => {
    const { nodeId, name, region } = member('joined', 5, 20).member;
    const data = { meshId: 'harbour', shortId: 5, nodeId, name, region, healthy: false };
    await store.write([1, 2].map((observedBy) => ({ kind: 'peer_health', data: { ...data, observedBy } })));
    assert.equal(await told('mesh.peer_health_changed'), 2);
  });

  it('keeps the message log by month, visible to its tenant alone', async () => {
    const now = { ...messages(100), at: new Date() };
    await store.write([now, now, { ...now, tenantId: 'other', firstOffset: 0 }]);
    const seen = await db.tenant('default', async (tx) => {
      const { rows } = await tx.client.query<{ tenant_id: string }>('SELECT tenant_id FROM mesh.mesh_messages');
      return rows;
    });
    assert.deepEqual(seen, [{ tenant_id: 'default' }]);
  });

  it('writes all facts of a batch or none', async () => {
    const flawed = { ...linkState(9, { epoch: 1, sequence: 1 }) };
    const bad: Fact = { kind: 'link_state', data: { ...flawed.data, origin: 10, meshId: 'NOT A MESH' } };
    const error = await store.write([flawed, bad]).catch((cause: unknown) => cause);
    assert.equal(store.isFlaw(error), true);
    assert.deepEqual(await rowsOf('SELECT 1 FROM mesh.mesh_link_states WHERE origin = 9'), []);
  });
});
