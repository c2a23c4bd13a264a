import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '@peermesh/contracts';
import { EntityChanged } from '@peermesh/contracts/events';
import { waitFor } from '@peermesh/testkit';
import { type SearchFixture, startSearch } from '../support/start-search.ts';

let search: SearchFixture;
before(async () => {
  search = await startSearch();
});
after(() => search.stop());

const documents = '/api/v1/documents';
const create = async (body: object) => {
  const { status, body: record } = await search.call('POST', documents, { body });
  assert.equal(status, 201, JSON.stringify(record));
  return record;
};
const found = async (query: string, minSeq: number): Promise<string[]> => {
  const { status, body } = await search.search({ query, minSeq, mode: 'keyword' });
  assert.equal(status, 200, JSON.stringify(body));
  return body.results.map(({ id }: { id: string }) => id);
};

test('a document is stored, read, changed by version, and found as it is now', async () => {
  const stored = await create({ title: 'Heliostat field', text: 'mirrors follow the sun', topics: ['solar'] });
  assert.equal(stored.version, 1);
  assert.deepEqual(await found('heliostat', stored.sequence), [stored.id]);
  const read = await search.call('GET', `${documents}/${stored.id}`);
  assert.equal(read.body.text, 'mirrors follow the sun');
  const stale = await search.call('PATCH', `${documents}/${stored.id}`, { body: { version: 7, text: 'no' } });
  assert.deepEqual([stale.status, stale.body.code, stale.body.currentVersion], [409, 'PM_COMMON_VERSION_CONFLICT', 1]);
  const changed = await search.call('PATCH', `${documents}/${stored.id}`, {
    body: { version: 1, text: 'troughs heat oil', title: 'Parabolic field' },
  });
  assert.deepEqual([changed.status, changed.body.version, changed.body.topics], [200, 2, ['solar']]);
  assert.deepEqual(await found('heliostat', changed.body.sequence), []);
  assert.deepEqual(await found('parabolic', changed.body.sequence), [stored.id]);
  const versions = await search.call('GET', `${documents}/${stored.id}/versions`);
  assert.deepEqual(
    versions.body.items.map((item: { version: number; title: string }) => [item.version, item.title]),
    [
      [2, 'Parabolic field'],
      [1, 'Heliostat field'],
    ].slice(-versions.body.items.length),
  );
});

test('asOf shows the version of that time, and only to those who could read it then', async () => {
  const stored = await create({ title: 'Palimpsest ledger', text: 'the first hand', acl: ['role:admin'] });
  await waitFor(() => Date.now() > Date.parse(stored.updatedAt), { message: 'time stands still' });
  const changed = await search.call('PATCH', `${documents}/${stored.id}`, {
    body: { version: 1, text: 'the second hand', acl: ['tenant'] },
  });
  assert.equal(changed.status, 200, JSON.stringify(changed.body));
  const shown = async (asOf: string, role: 'admin' | 'moderator'): Promise<unknown[]> => {
    const { body } = await search.search(
      { query: 'palimpsest', mode: 'keyword', asOf, minSeq: changed.body.sequence },
      { claims: { role } },
    );
    assert.deepEqual(body.warnings, ['as_of_ranked_by_current_index'], JSON.stringify(body));
    return body.results.map((hit: { version: number; snippet: string }) => [hit.version, hit.snippet]);
  };
  const before = new Date(Date.parse(stored.createdAt) - 1).toISOString();
  assert.deepEqual(await shown(before, 'admin'), []);
  assert.deepEqual(await shown(stored.updatedAt, 'admin'), [[1, 'the first hand']]);
  assert.deepEqual(await shown(stored.updatedAt, 'moderator'), []);
  assert.deepEqual(await shown(changed.body.updatedAt, 'moderator'), [[2, 'the second hand']]);
});

test('a deleted document is gone everywhere, and its id is not given again', async () => {
  const stored = await create({ title: 'Tidal lagoon', text: 'turbines in a wall' });
  const refused = await search.call('DELETE', `${documents}/${stored.id}?version=9`);
  assert.equal(refused.status, 409);
  assert.equal((await search.call('DELETE', `${documents}/${stored.id}`)).status, 204);
  for (const path of ['', '/versions']) {
    assert.equal((await search.call('GET', `${documents}/${stored.id}${path}`)).status, 404);
  }
  assert.deepEqual(await found('tidal lagoon', await search.settled()), []);
  const again = await search.call('POST', documents, { body: { id: stored.id, title: 'again', text: 'again' } });
  assert.deepEqual([again.status, again.body.code], [409, 'PM_COMMON_CONFLICT']);
  assert.equal((await search.call('DELETE', `${documents}/${stored.id}`)).status, 404);
});

test('what another tenant or nobody on the list may read answers like what does not exist', async () => {
  const stored = await create({ title: 'Secret plan', text: 'words', acl: ['role:admin'] });
  const missing = await search.call('GET', `${documents}/${newId('document')}`, { claims: { role: 'user' } });
  for (const claims of [{ role: 'user' as const }, { role: 'admin' as const, tenant: 'other' }]) {
    const answer = await search.call('GET', `${documents}/${stored.id}`, { claims });
    assert.equal(answer.status, 404);
    assert.deepEqual({ ...answer.body, requestId: '', instance: '' }, { ...missing.body, requestId: '', instance: '' });
  }
  const listed = await search.call('GET', documents, { claims: { role: 'admin', tenant: 'other' } });
  assert.deepEqual(listed.body.items, []);
});

test('a bulk request is carried out as if item by item, and refused items hold back no others', async () => {
  const kept = await create({ title: 'kept', text: 'kept' });
  const gone = await create({ title: 'gone', text: 'gone' });
  const fresh = newId('document');
  const items = [
    { put: { id: fresh, title: 'anemometer', text: 'first' } },
    { put: { id: kept.id, title: 'kept anew', text: 'kept anew' }, version: 1 },
    { delete: gone.id },
    { put: { id: kept.id, title: 'too late', text: 'too late' }, version: 1 },
    { put: { id: fresh, title: 'anemometer', text: 'second' } },
    { delete: gone.id },
    { delete: newId('document') },
    { put: { id: gone.id, title: 'back', text: 'back' } },
  ];
  const { status, body } = await search.call('POST', `${documents}/bulk`, { body: { items } });
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(
    body.items.map((item: { status: string; version?: number; code?: string }) => [
      item.status,
      item.version ?? item.code,
    ]),
    [
      ['created', 1],
      ['updated', 2],
      ['deleted', 2],
      ['rejected', 'PM_COMMON_VERSION_CONFLICT'],
      ['updated', 2],
      ['rejected', 'PM_COMMON_NOT_FOUND'],
      ['rejected', 'PM_COMMON_NOT_FOUND'],
      ['rejected', 'PM_COMMON_CONFLICT'],
    ],
  );
  assert.deepEqual(await found('anemometer', body.sequence), [fresh]);
  assert.equal((await search.call('GET', `${documents}/${fresh}`)).body.text, 'second');
  assert.equal((await search.call('GET', `${documents}/${kept.id}`)).body.title, 'kept anew');
});

const outcomes = (body: { items: { status: string; version?: number; code?: string }[] }): unknown[] =>
  body.items.map((item) => [item.status, item.version ?? item.code]);

test('entities in bulk are stored as if one by one: what is there by name and type stays, a taken id is refused', async () => {
  const path = '/api/v1/entities';
  const type = 'organization';
  const held = await search.call('POST', path, { body: { name: 'Bulk Held', type, acl: ['tenant'] } });
  await search.call('POST', path, { body: { name: 'Bulk Hidden', type, acl: ['role:admin'] } });
  const buried = await search.call('POST', path, { body: { name: 'Bulk Buried', type } });
  await search.call('DELETE', `${path}/${buried.body.id}`);
  const [first, second] = [newId('entity'), newId('entity')];
  const items = [
    { name: 'BULK  held', type },
    { id: first, name: 'Bulk One', type, aliases: ['B1', 'B1'] },
    { name: 'bulk one', type },
    { name: 'Bulk One', type: 'person' },
    { id: first, name: 'Bulk Two', type },
    { name: 'Bulk Hidden', type },
    { id: second, name: 'Bulk Mine', type, acl: ['role:nobody'] },
    { name: 'Bulk Mine', type },
    { id: buried.body.id, name: 'Bulk Buried', type },
    { name: 'Bulk Buried', type },
  ];
  const asModerator = { claims: { role: 'moderator' as const, sub: 'usr_bulk' } };
  const headers = { 'idempotency-key': `"${newId('entity')}"` };
  const { status, body } = await search.call('POST', `${path}/bulk`, { body: { items }, headers, ...asModerator });
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(outcomes(body), [
    ['unchanged', 1],
    ['created', 1],
    ['unchanged', 1],
    ['created', 1],
    ['rejected', 'PM_COMMON_CONFLICT'],
    ['rejected', 'PM_COMMON_CONFLICT'],
    ['created', 1],
    ['rejected', 'PM_COMMON_CONFLICT'],
    ['rejected', 'PM_COMMON_CONFLICT'],
    ['created', 1],
  ]);
  assert.deepEqual([body.items[0].id, body.items[1].id, body.items[2].id], [held.body.id, first, first]);
  assert.deepEqual((await search.call('GET', `${path}/${first}`)).body.aliases, ['B1']);
  const again = await search.call('POST', `${path}/bulk`, { body: { items }, headers, ...asModerator });
  assert.deepEqual(again.body, body);
  const made = new Set(
    body.items.flatMap((item: { status: string; id: string }) => (item.status === 'created' ? [item.id] : [])),
  );
  const announced = search.published(EntityChanged);
  const heard = () => announced.filter(({ data }) => made.has(data.entityId));
  await waitFor(() => heard().length >= made.size, { message: 'the entities were not announced' });
  assert.deepEqual(
    heard().map(({ data }) => [data.change, data.version]),
    Array.from({ length: 4 }, () => ['created', 1]),
  );
});

test('relationships in bulk are stored as if one by one: unknown ends and taken ids are refused alone', async () => {
  const path = '/api/v1/relationships';
  const one = await create({ title: 'bulk one', text: 'bulk one' });
  const two = await create({ title: 'bulk two', text: 'bulk two' });
  const hidden = await create({ title: 'bulk hidden', text: 'hidden', acl: ['role:admin'] });
  const gone = await create({ title: 'bulk gone', text: 'gone' });
  await search.call('DELETE', `${documents}/${gone.id}`);
  const node = await search.call('POST', '/api/v1/entities', { body: { name: 'Bulk Node', type: 'person' } });
  const id = newId('relationship');
  const items = [
    { id, from: one.id, to: two.id, type: 'CITES' },
    { from: one.id, to: node.body.id, type: 'MENTIONS', confidence: 0.5, evidence: 'seen' },
    { id, from: two.id, to: one.id, type: 'CITES' },
    { from: one.id, to: hidden.id, type: 'CITES' },
    { from: gone.id, to: one.id, type: 'CITES' },
    { from: one.id, to: newId('entity'), type: 'CITES' },
  ];
  const { status, body } = await search.call('POST', `${path}/bulk`, {
    body: { items },
    claims: { role: 'moderator' },
  });
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(outcomes(body), [
    ['created', 1],
    ['created', 1],
    ['rejected', 'PM_COMMON_CONFLICT'],
    ['rejected', 'PM_SEARCH_NODE_UNKNOWN'],
    ['rejected', 'PM_SEARCH_NODE_UNKNOWN'],
    ['rejected', 'PM_SEARCH_NODE_UNKNOWN'],
  ]);
  assert.equal(body.items[4].detail, `${gone.id} is not known.`);
  const stored = await search.call('GET', `${path}/${id}`);
  assert.deepEqual([stored.body.from, stored.body.to, stored.body.confidence], [one.id, two.id, 1]);
  await search.settled();
  const around = await search.call('GET', `/api/v1/entities/${node.body.id}/neighbors`);
  assert.ok(
    around.body.nodes.some((found: { id: string }) => found.id === one.id),
    JSON.stringify(around.body),
  );
});

test('an entity is unique by name and type, is announced, and leaves a tombstone', async () => {
  const path = '/api/v1/entities';
  const stored = await search.call('POST', path, { body: { name: 'Helios Ltd', type: 'organization' } });
  assert.equal(stored.status, 201, JSON.stringify(stored.body));
  const twin = await search.call('POST', path, { body: { name: 'HELIOS  ltd', type: 'organization' } });
  assert.equal(twin.status, 409);
  const stale = await search.call('PATCH', `${path}/${stored.body.id}`, { body: { version: 3, description: 'x' } });
  assert.equal(stale.status, 409);
  const changed = await search.call('PATCH', `${path}/${stored.body.id}`, {
    body: { version: 1, description: 'mirrors' },
  });
  assert.deepEqual([changed.status, changed.body.version], [200, 2]);
  assert.equal((await search.call('DELETE', `${path}/${stored.body.id}`)).status, 204);
  assert.equal((await search.call('GET', `${path}/${stored.body.id}`)).status, 404);
  const announced = search.published(EntityChanged);
  await waitFor(() => announced.filter(({ data }) => data.entityId === stored.body.id).length === 3, {
    message: 'the entity was not announced three times',
  });
  assert.deepEqual(
    announced.filter(({ data }) => data.entityId === stored.body.id).map(({ data }) => data.change),
    ['created', 'updated', 'deleted'],
  );
});

test('a relationship needs two nodes that its author may read', async () => {
  const one = await create({ title: 'one', text: 'one' });
  const hidden = await create({ title: 'hidden', text: 'hidden', acl: ['role:admin'] });
  const path = '/api/v1/relationships';
  const asModerator = { claims: { role: 'moderator' as const } };
  const refused = await search.call('POST', path, {
    body: { from: one.id, to: hidden.id, type: 'CITES' },
    ...asModerator,
  });
  assert.ok([404, 422, 403].includes(refused.status), `${refused.status} ${JSON.stringify(refused.body)}`);
  const stored = await search.call('POST', path, { body: { from: one.id, to: hidden.id, type: 'CITES' } });
  assert.equal(stored.status, 201, JSON.stringify(stored.body));
  assert.equal((await search.call('DELETE', `${path}/${stored.body.id}?version=2`)).status, 409);
  assert.equal((await search.call('DELETE', `${path}/${stored.body.id}`)).status, 204);
  assert.equal((await search.call('GET', `${path}/${stored.body.id}`)).status, 404);
});

const refused: [string, string, string, object][] = [
  ['a leap second', 'POST', documents, { text: 'x', publishedAt: '2026-12-31T23:59:60Z' }],
  ['an instant before the year 1', 'POST', documents, { text: 'x', publishedAt: '0001-01-01T00:00:00+23:59' }],
  ['an instant of the year 10000', 'POST', documents, { text: 'x', publishedAt: '9999-12-31T23:59:59-23:59' }],
  ['a search as of a leap second', 'POST', '/api/v1/search', { query: 'x', asOf: '2026-12-31T23:59:60Z' }],
  ['a place in the log beyond all numbers', 'POST', '/api/v1/search', { query: 'x', minSeq: 1e300 }],
];
for (const [name, method, path, body] of refused) {
  test(`${name} is refused with 400`, async () => {
    const answer = await search.call(method, path, { body });
    assert.equal(answer.status, 400, JSON.stringify(answer.body));
  });
}

test('a confidence too small to be stored is none', async () => {
  const { id } = await create({ title: 'one', text: 'one' });
  const stored = await search.call('POST', '/api/v1/relationships', {
    body: { from: id, to: id, type: 'CITES', confidence: 5e-324 },
  });
  assert.equal(stored.status, 201, JSON.stringify(stored.body));
  const read = await search.call('GET', `/api/v1/relationships/${stored.body.id}`);
  assert.equal(read.body.confidence, 0);
});

test('rows of another tenant cannot be seen by a statement that forgets to ask for the tenant', async () => {
  await create({ title: 'row security', text: 'row security' });
  const { db } = search.database;
  const tables = ['search_documents', 'search_keyword_records', 'search_vector_records', 'search_graph_nodes'];
  await search.settled();
  for (const table of tables) {
    const count = (tenant: string): Promise<number> =>
      db.tenant(tenant, async (tx) => {
        const { rows } = await tx.client.query<{ count: string }>(`SELECT count(*) AS count FROM search.${table}`);
        return Number(rows[0]?.count);
      });
    assert.ok((await count('default')) > 0, table);
    assert.equal(await count('another'), 0, table);
  }
});
