import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RouteDefinition } from '@peermesh/contracts';
import { newId } from '@peermesh/contracts';
import { SERVICE_NAMES, schemaOf } from '@peermesh/infra/catalog';
import { waitFor } from '@peermesh/testkit';
import { startTestFleet, type TestFleet } from '@peermesh/testkit/fleet';
import pg from 'pg';
import { wellFormed } from '../support/bad-requests.ts';
import { fillTenant, MARK } from '../support/belongings.ts';
import { everyRoute, paramPatterns, pathOf } from '../support/every-route.ts';
import { plainRequest } from '../support/plain-http.ts';
import { openEventStream } from '../support/realtime-clients.ts';
import { relationsIn } from '../support/relations.ts';
import { joinTenant, type Person } from '../support/tenants.ts';

const ID = /\b(usr|ses|key|cnt|src|job|doc|ent|rel|sub|epn|ntf|dlv|rdv|dec|dlt)_[A-Za-z0-9-]{1,64}\b/g;

const INSUFFICIENT_PRIVILEGE = '42501';

let fleet: TestFleet;
let owner: Person;
let neighbour: Person;
/** Every id that the owner's lists show. */
const ids = new Set<string>();

const guarded = everyRoute.filter(({ policy }) => policy.access === 'authenticated');
const lists = guarded.filter(({ method, params, responses }) => {
  const answer = responses[200] as { properties?: Record<string, unknown> } | undefined;
  return method === 'GET' && params === undefined && answer?.properties?.['items'] !== undefined;
});

const isForOperators = ({ policy }: RouteDefinition): boolean =>
  policy.access === 'authenticated' && policy.operatorsOnly === true;

const call = (person: Person, method: string, path: string, body?: unknown) =>
  plainRequest(`${fleet.gatewayUrl}${path}`, {
    method,
    token: person.token,
    headers: { 'x-request-id': 'same-request' },
    ...(body === undefined ? {} : { body }),
  });

before(async () => {
  fleet = await startTestFleet();
  [owner, neighbour] = await Promise.all([joinTenant(fleet, 'owner'), joinTenant(fleet, 'neighbour')]);
  await fillTenant(owner);
  for (const { path } of lists) {
    const { text } = await call(owner, 'GET', `${path}?${queryOf(path)}`);
    for (const [id] of text.matchAll(ID)) ids.add(id);
  }
});
after(() => fleet?.stop());

/** What lists need to be asked. */
function queryOf(path: string): string {
  return path.endsWith('/trends') ? 'of=topic' : '';
}

test('no list shows anything of another tenant, to its administrator either', async (t) => {
  t.diagnostic(`${ids.size} ids, ${lists.length} lists`);
  const kinds = new Set([...ids].map((id) => id.slice(0, 3)));
  for (const kind of ['usr', 'ses', 'key', 'cnt', 'src', 'job', 'doc', 'ent', 'rel', 'sub', 'epn', 'dlv', 'rdv', 'dec'])
    assert.ok(kinds.has(kind), `the owner has a ${kind}`);
  for (const route of lists) {
    const { id, path } = route;
    const { status, text } = await call(neighbour, 'GET', `${path}?${queryOf(path)}`);
    assert.equal(status, isForOperators(route) ? 403 : 200, `${route.id} ${text}`);
    for (const [found] of text.matchAll(ID)) assert.ok(!ids.has(found), `${id} shows ${found}`);
    assert.ok(!text.includes(MARK), `${id}: ${text}`);
  }
});

/** The owner's id for each parameter of a route; null when there is none of that kind, or when callers choose the name. */
function ownersParams(route: RouteDefinition): Record<string, string> | null {
  const params: Record<string, string> = {};
  for (const [name, pattern] of Object.entries(paramPatterns(route))) {
    const isMinted = pattern !== undefined && /^\^[a-z]{3}_/.test(pattern);
    const found = [...ids].find((id) => isMinted && new RegExp(pattern).test(id));
    if (found === undefined) return null;
    params[name] = found;
  }
  return params;
}

test('what belongs to another tenant answers like what does not exist, byte for byte, to reads and to writes', async (t) => {
  const withId = guarded.filter((route) => route.params !== undefined);
  const asked: string[] = [];
  for (const route of withId) {
    const params = ownersParams(route);
    if (params === null) continue;
    asked.push(route.id);
    const missing = Object.fromEntries(
      Object.entries(params).map(([name, id]) => [name, `${id.slice(0, 4)}${newId('user').slice(4)}`]),
    );
    const body = route.body === undefined ? undefined : wellFormed(route).body;
    const query = route.method === 'DELETE' && route.query !== undefined ? '?version=1' : '';
    const of = async (values: Record<string, string>): Promise<string> => {
      const { status, text, headers } = await call(neighbour, route.method, `${pathOf(route, values)}${query}`, body);
      const names = [...headers.keys()].filter((name) => !/^(date|ratelimit)/.test(name));
      return Object.values(values).reduce((all, id) => all.replaceAll(id, 'ID'), `${status} ${names.join()} ${text}`);
    };
    const foreign = await of(params);
    assert.equal(foreign, await of(missing), route.id);
    assert.match(foreign, /^404 /, route.id);
  }
  t.diagnostic(`${asked.length} operations: ${asked.join(' ')}`);
  assert.ok(asked.length > 35, asked.join(' '));
});

test('what was asked for by a neighbour is still there, unchanged', async () => {
  for (const route of guarded.filter(({ method, params }) => method === 'GET' && params !== undefined)) {
    const params = ownersParams(route);
    if (params === null) continue;
    const { status, text } = await call(owner, 'GET', pathOf(route, params));
    assert.equal(status, 200, `${route.id} ${text}`);
  }
});

test('an administrator of a tenant cannot operate the installation', async () => {
  const operations = guarded.filter(isForOperators);
  for (const id of ['gateway.routes.put', 'search.faults.set', 'auth.signing_key.rotate'])
    assert.ok(
      operations.some((route) => route.id === id),
      id,
    );
  for (const route of operations) {
    const { path, body } = wellFormed(route);
    const { status, text } = await call(neighbour, route.method, path, route.body === undefined ? undefined : body);
    assert.equal(status, 403, `${route.id} ${text}`);
  }
});

test('a search finds, counts and completes nothing of another tenant', async () => {
  const query = { query: `${MARK} Siemens Hamburg`, mode: 'hybrid', facets: ['type', 'topic'], deadlineMs: 5_000 };
  const seed = [...ids].find((id) => id.startsWith('ent_')) ?? '';
  const searched = async (person: Person) => {
    const { text } = await call(person, 'POST', '/api/v1/search', { ...query, graph: { seeds: [seed] } });
    return JSON.parse(text) as { results: unknown[]; total: { value: number }; facets: Record<string, unknown> };
  };
  assert.ok((await searched(owner)).results.length > 0);
  const found = await searched(neighbour);
  assert.deepEqual([found.results, found.total.value], [[], 0]);
  assert.ok(!JSON.stringify(found).includes(MARK));
});

test('a realtime connection hears nothing of another tenant', async (t) => {
  const [own, foreign] = await Promise.all(
    [owner, neighbour].map((person) =>
      openEventStream(fleet.gatewayUrl, person.token, 'documents,notifications,entities'),
    ),
  );
  t.after(() => [own, foreign].map((connection) => connection?.close()));
  const submit = (person: Person, title: string) =>
    person.api.ingest.submitContent({ body: { format: 'text', title, body: `${title} of Hamburg.`, topics: [MARK] } });
  const { body: secret } = await submit(owner, 'secret');
  const hears = (connection: typeof own, documentId: string): boolean =>
    connection?.events.some(({ data }) => data['documentId'] === documentId) === true;
  await waitFor(() => hears(own, secret.documentId));
  const { body: public_ } = await submit(neighbour, 'own news');
  await waitFor(() => hears(foreign, public_.documentId));
  assert.ok(!JSON.stringify(foreign?.events).includes(secret.documentId));
  assert.ok(!JSON.stringify(own?.events).includes(public_.documentId));
});

test('PostgreSQL shows the role of a service no row of a tenant that its transaction does not name', async (t) => {
  const connectTo = async (role: Parameters<TestFleet['databaseUrl']>[0]): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: fleet.databaseUrl(role) });
    t.after(() => client.end());
    await client.connect();
    return client;
  };
  const superuser = await connectTo('superuser');
  let seen = 0;
  for (const service of SERVICE_NAMES) {
    const client = await connectTo(service);
    const count = async (from: pg.Client, table: string, where: string): Promise<number> => {
      const { rows } = await from.query<{ count: number }>(`SELECT count(*)::int FROM ${table} WHERE ${where}`);
      return rows[0]?.count ?? 0;
    };
    const { rows: readable } = await client.query<{ name: string }>(
      `SELECT c.oid::regclass::text AS name FROM pg_class c WHERE has_table_privilege(c.oid, 'SELECT')`,
    );
    const names = new Set(readable.map(({ name }) => name.replace(/^.*\./, '')));
    for (const { schema, name, hasTenant, isPartition } of await relationsIn(superuser, [schemaOf(service)])) {
      if (!hasTenant || !names.has(name)) continue;
      const table = `${schema}.${name}`;
      const all = await count(superuser, table, `tenant_id = 'owner'`);
      seen += all;
      await client.query(`SELECT set_config('app.tenant_id', '', false)`);
      assert.equal(await count(client, table, 'true'), 0, `${table} without a tenant`);
      await client.query(`SELECT set_config('app.tenant_id', 'neighbour', false)`);
      assert.equal(await count(client, table, `tenant_id <> 'neighbour'`), 0, `${table} for a neighbour`);
      const written = await client
        .query(`UPDATE ${table} SET tenant_id = tenant_id WHERE tenant_id = 'owner'`)
        .then(({ rowCount }) => rowCount)
        .catch((error: pg.DatabaseError) => (error.code === INSUFFICIENT_PRIVILEGE ? 0 : error.message));
      assert.equal(written, 0, `${table} for a neighbour that writes`);
      await client.query(`SELECT set_config('app.tenant_id', 'owner', false)`);
      // A partition is reached through its parent only.
      assert.equal(await count(client, table, 'true'), isPartition ? 0 : all, `${table} for its owner`);
    }
  }
  assert.ok(seen > 50, `${seen} rows`);
});
