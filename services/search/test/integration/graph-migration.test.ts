import assert from 'node:assert/strict';
import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createDatabase, migrate } from '@peermesh/database';
import {
  silentLogger,
  startTestPostgres,
  type TestDatabase,
  type TestPostgres,
  temporaryFolder,
} from '@peermesh/testkit';
import { PgGraphBackend } from '../../src/adapters/pg/pg-graph-backend.ts';
import { attributesOf } from '../support/domain-samples.ts';

const MIGRATIONS = new URL('../../src/migrations/', import.meta.url);
const LAST_BEFORE = '0009';
const logger = silentLogger();

let postgres: TestPostgres;
let database: TestDatabase;
const former = temporaryFolder('migrations');

before(async () => {
  postgres = await startTestPostgres();
  database = await postgres.createDatabase({ service: 'search' });
  // Of the files themselves, so that what they import is found and their checksums are the same.
  for (const file of readdirSync(MIGRATIONS)) {
    if (file.slice(0, 4) <= LAST_BEFORE) symlinkSync(fileURLToPath(new URL(file, MIGRATIONS)), join(former.path, file));
  }
});
after(async () => {
  await database.drop();
  await postgres.stop();
  former.remove();
});

test('a graph that was stored with an edge for each direction is the same graph afterwards', async (t) => {
  const schema = { url: database.ownerUrl, schema: 'search', logger };
  await migrate({ ...schema, migrationsDir: pathToFileURL(`${former.path}/`) });
  const db = createDatabase({ url: database.appUrl, schema: 'search', applicationName: 'test', logger });
  after(() => db.close());
  await db.system(async (tx) => {
    const node = `INSERT INTO search.search_graph_nodes (generation, tenant_id, id, version, deleted, seq, name, attributes, acl)
                  VALUES (1, 'default', $1, 1, false, $2, $1, $3, '{tenant}')`;
    for (const [index, id] of ['doc_1', 'ent_1', 'ent_2', 'ent_3'].entries())
      await tx.client.query(node, [
        id,
        index + 1,
        JSON.stringify(attributesOf(id.startsWith('doc') ? 'doc' : 'entity')),
      ]);
    await tx.client.query(
      `INSERT INTO search.search_graph_relationships (generation, tenant_id, id, version, deleted, seq)
       VALUES (1, 'default', 'rel_1', 1, false, 5), (1, 'default', 'rel_gone', 2, true, 6)`,
    );
    const edge = `INSERT INTO search.search_graph_edges (generation, tenant_id, from_id, to_id, type, record_id, inverse, weight, acl)
                  VALUES (1, 'default', $1, $2, $3, $4, $5, $6, '{tenant}')`;
    for (const [from, to, type, record, weight] of [
      ['doc_1', 'ent_1', 'MENTIONS', 'doc_1', 0.9],
      ['doc_1', 'ent_2', 'MENTIONS', 'doc_1', 0.5],
      ['ent_1', 'ent_3', 'SUPPLIES', 'rel_1', 0.8],
    ] as const) {
      await tx.client.query(edge, [from, to, type, record, false, weight]);
      await tx.client.query(edge, [to, from, type, record, true, weight]);
    }
    await tx.client.query(`UPDATE search.search_backend_generations SET cursor_seq = 6 WHERE kind = 'graph'`);
  });
  await migrate({ ...schema, migrationsDir: MIGRATIONS });
  const context = { viewer: { tenantId: 'default', principals: ['tenant'] }, signal: t.signal, timeoutMs: 5_000 };
  for (const mirrorBytesMax of [0, 10_000_000]) {
    const backend = new PgGraphBackend({ db, generation: 1, mirrorBytesMax, logger });
    await backend.refresh();
    const options = { maxHops: 1, fanout: 10, edgeTypes: null };
    const stepsOf = async (id: string): Promise<string[]> => {
      const { found } = await backend.neighborhood([{ id, weight: 1 }], options, 10, context);
      return found.reached.map((reached) => reached.id).toSorted();
    };
    assert.deepEqual(await stepsOf('doc_1'), ['ent_1', 'ent_2'], `with a mirror of ${mirrorBytesMax}`);
    assert.deepEqual(await stepsOf('ent_1'), ['doc_1', 'ent_3']);
    assert.deepEqual(await stepsOf('ent_3'), ['ent_1']);
  }
});
