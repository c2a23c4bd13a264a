import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { signNodeProof } from '@peermesh/authz';
import { LinkStateChanged, RoutesComputed } from '@peermesh/contracts/events';
import { waitFor } from '@peermesh/testkit';
import { keepHouse } from '../../src/workers/housekeeping.ts';
import { linkStates } from '../support/link-states.ts';
import { type RouterFixture, startRouter } from '../support/start-router.ts';

let now = new Date('2026-11-21T12:00:00.000Z');
let router: RouterFixture;
const claims = { tenant: 'default', role: 'admin' };
const base = '/api/v1/router/meshes/harbour';

const key = generateKeyPairSync('ed25519');
const nodeId = key.publicKey.export({ format: 'jwk' }).x!;

/** 1 to 4 over 2 (cheapest), over 3, or directly (dearest); 5 behind 4. */
const states = linkStates(
  { '1-2': 2, '2-4': 2, '1-3': 4, '3-4': 4, '1-4': 20, '4-5': 1 },
  { 1: { nodeId }, 2: { region: 'eu' }, 3: { region: 'us' } },
);

before(async () => {
  router = await startRouter({}, () => now);
  router.published(RoutesComputed);
  await router.emit(LinkStateChanged, states);
  await waitFor(async () => (await topology()).body.nodes?.length === 5, { message: 'the states did not arrive' });
});
after(() => router?.stop());

const topology = (query = '') => router.call('GET', `${base}/topology${query}`, { claims });
const paths = async (body: object) => {
  const answer = await router.call('POST', `${base}/paths`, { body: { source: 1, destination: 4, ...body }, claims });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
};
const segments = (body: { paths: { segments: number[] }[] }): number[][] => body.paths.map((path) => path.segments);

test('paths come cheapest first, within the stretch, and the second answer from the cache', async () => {
  const first = await paths({ stretchMax: 100 });
  assert.deepEqual(segments(first), [[2, 4], [3, 4], [4]]);
  assert.deepEqual([first.reason, first.isCached], [null, false]);
  assert.equal(first.paths[0].latencyUs, 4000);
  const again = await paths({ stretchMax: 100 });
  assert.equal(again.isCached, true);
  assert.deepEqual(again.paths, first.paths);
  assert.deepEqual(segments(await paths({})), [[2, 4]]);
});

test('constraints hold, and the answer says why there is no path', async () => {
  assert.deepEqual(segments(await paths({ constraints: { avoidNodes: [2] } })), [[3, 4]]);
  assert.deepEqual(segments(await paths({ constraints: { avoidRegions: ['eu', 'us', 'nowhere'] } })), [[4]]);
  assert.deepEqual(segments(await paths({ constraints: { disjointness: 'node' } })), [
    [2, 4],
    [3, 4],
  ]);
  const slow = await paths({ constraints: { latencyMaxUs: 1000 } });
  assert.deepEqual([slow.paths, slow.reason], [[], 'constraints']);
  assert.equal((await paths({ constraints: { bandwidthMinKbps: 2_000_000 } })).reason, 'constraints');
  assert.equal((await paths({ destination: 77 })).reason, 'unknown-destination');
});

test('what-if answers without nodes and links that are there', async () => {
  assert.deepEqual(segments(await paths({ without: { nodes: [2], links: [[4, 3]] } })), [[4]]);
  const cut = await paths({ destination: 5, without: { links: [[5, 4]] } });
  assert.deepEqual([cut.paths, cut.reason], [[], 'unreachable']);
  assert.deepEqual(segments(await paths({})), [[2, 4]]);
});

test('a node gets all its routes with their disjoint pairs and for how long they hold', async () => {
  const { status, body } = await router.call('GET', `${base}/nodes/1/routes`, { claims });
  assert.equal(status, 200);
  assert.deepEqual(
    body.routes.map((route: { destination: number }) => route.destination),
    [2, 3, 4, 5],
  );
  const four = body.routes[2];
  assert.equal(four.disjoint.kind, 'node');
  assert.deepEqual(
    [four.paths[four.disjoint.first].segments, four.paths[four.disjoint.second].segments],
    [
      [2, 4],
      [3, 4],
    ],
  );
  assert.ok(body.validUntil > now.toISOString());
  assert.equal((await router.call('GET', `${base}/nodes/9/routes`, { claims })).status, 404);
});

test('a node gets its own routes for the proof of its key, and the same ones are confirmed without being repeated', async () => {
  const claims = { meshId: 'harbour', nodeId, shortId: 1 };
  const fetchAs = async (shortId: number, said: typeof claims, known?: string, signer = key.privateKey) => {
    const proof = await signNodeProof(said, 'router', signer, now);
    const body = known === undefined ? { proof } : { proof, known };
    return router.call('POST', `${base}/nodes/${shortId}/routes`, { body, token: null });
  };
  const { status, body } = await fetchAs(1, claims);
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual([body.source, body.nodeId, body.isUnchanged], [1, nodeId, false]);
  assert.ok(body.validForMs > 0 && body.validForMs <= 30_000);
  assert.deepEqual(body.basis[3], { origin: 4, version: { epoch: 1, sequence: 1 } });
  assert.deepEqual(segments(body.routes[2]), [
    [2, 4],
    [3, 4],
  ]);
  const again = (await fetchAs(1, claims, body.tag)).body;
  assert.deepEqual([again.isUnchanged, again.tag, again.routes, again.basis], [true, body.tag, [], []]);
  assert.equal((await fetchAs(1, claims, 'something else')).body.routes.length, 4);
  const stranger = generateKeyPairSync('ed25519');
  const strangerId = stranger.publicKey.export({ format: 'jwk' }).x!;
  for (const [answer, expected, code] of [
    [await fetchAs(2, claims), 401, 'PM_ROUTER_PROOF_INVALID'],
    [await fetchAs(1, claims, undefined, stranger.privateKey), 401, 'PM_ROUTER_PROOF_INVALID'],
    [await fetchAs(1, { ...claims, meshId: 'other' }), 401, 'PM_ROUTER_PROOF_INVALID'],
    [await fetchAs(1, { ...claims, nodeId: strangerId }, undefined, stranger.privateKey), 404, 'PM_COMMON_NOT_FOUND'],
    [await fetchAs(2, { ...claims, shortId: 2 }), 404, 'PM_COMMON_NOT_FOUND'],
    [await fetchAs(9, { ...claims, shortId: 9 }), 404, 'PM_COMMON_NOT_FOUND'],
  ] as const) {
    assert.deepEqual([answer.status, answer.body.code], [expected, code]);
  }
});

test('a policy holds until it is switched off, is changed by its version only, and can be left out of account; nodes hear of each change', async () => {
  const announced = router.published(RoutesComputed);
  const { revision } = (await topology()).body;
  await router.call('GET', `${base}/nodes/1/routes`, { claims });
  await waitFor(() => announced.at(-1)?.data.revision === revision, { message: 'the topology was not announced' });
  let heard = announced.length;
  const hear = async (): Promise<void> => {
    await waitFor(() => announced.length > heard, { message: 'the change of a policy was not announced' });
    const { data } = announced.at(-1)!;
    assert.deepEqual([announced.length, data.revision, data.changed.includes(1)], [heard + 1, revision, true]);
    heard = announced.length;
  };
  const made = await router.call('POST', '/api/v1/router/policies', {
    body: { name: 'not through Europe', meshId: 'harbour', destination: 4, constraints: { avoidRegions: ['eu'] } },
    claims,
  });
  assert.deepEqual([made.status, made.body.source, made.body.isEnabled], [201, null, true]);
  await hear();
  const held = await paths({});
  assert.deepEqual([segments(held), held.policies], [[[3, 4]], [made.body.id]]);
  assert.deepEqual(segments(await paths({ applyPolicies: false })), [[2, 4]]);
  const { body } = await router.call('GET', `${base}/nodes/1/routes`, { claims });
  assert.deepEqual(segments(body.routes[2]), [[3, 4]], 'the routes that the node installs');
  assert.equal(body.routes[0].destination, 2, 'other destinations are untouched');
  const path = `/api/v1/router/policies/${made.body.id}`;
  const stale = await router.call('PATCH', path, { body: { version: 7, isEnabled: false }, claims });
  assert.deepEqual([stale.status, stale.body.code], [409, 'PM_COMMON_VERSION_CONFLICT']);
  const off = await router.call('PATCH', path, { body: { version: 1, isEnabled: false }, claims });
  assert.deepEqual([off.status, off.body.version, off.body.name], [200, 2, 'not through Europe']);
  await hear();
  assert.deepEqual(segments(await paths({})), [[2, 4]]);
  const listed = await router.call('GET', '/api/v1/router/policies?meshId=harbour', { claims });
  assert.deepEqual([listed.body.total, listed.body.items[0].id], [1, made.body.id]);
  assert.equal((await router.call('DELETE', path, { claims })).status, 204);
  assert.equal((await router.call('GET', path, { claims })).status, 404);
  await hear();
});

test('only the newest version of a node counts, in whatever order the versions come, and every change is announced', async () => {
  const announced = router.published(RoutesComputed);
  const earlier = announced.length;
  const two = states.find(({ origin }) => origin === 2)!;
  const slow = {
    ...two,
    version: { epoch: 1, sequence: 3 },
    links: two.links.map((link) => ({ ...link, weight: 50 })),
  };
  const late = { ...two, version: { epoch: 1, sequence: 2 } };
  now = new Date('2026-11-21T13:00:00.000Z');
  await router.call('GET', `${base}/nodes/1/routes`, { claims });
  const before = (await topology()).body.revision;
  await router.emit(LinkStateChanged, [slow, late, slow]);
  await waitFor(async () => segments(await paths({}))[0]?.[0] === 3, { message: 'the change has no effect' });
  // The older version may have come first: then it counted until the newer one came.
  const { revision } = (await topology()).body;
  assert.ok(revision > before && revision <= before + 2, `${before} to ${revision}`);
  await waitFor(() => announced.at(-1)?.data.revision === revision, { message: 'not announced' });
  const last = announced.at(-1)!.data;
  assert.deepEqual([last.meshId, last.nodes, last.links, last.changed.includes(1)], ['harbour', 5, 12, true]);
  const revisions = announced.slice(earlier).map(({ data }) => data.revision);
  assert.deepEqual(
    revisions,
    [...new Set(revisions)].sort((a, b) => a - b),
    'each once, in order',
  );
  assert.deepEqual((await topology()).body.nodes.find(({ origin }: { origin: number }) => origin === 2).version, {
    epoch: 1,
    sequence: 3,
  });
});

test('the topology of an earlier time is still known, and a time before the history is said to be gone', async () => {
  const weights = (body: { nodes: { origin: number; links: { weight: number }[] }[] }): number[] =>
    body.nodes.find(({ origin }) => origin === 2)!.links.map(({ weight }) => weight);
  assert.deepEqual(weights((await topology()).body), [50, 50]);
  assert.deepEqual(weights((await topology('?at=2026-11-21T12:30:00Z')).body), [0, 0]);
  const gone = await topology('?at=2020-01-01T00:00:00Z');
  assert.deepEqual([gone.status, gone.body.code], [410, 'PM_ROUTER_HISTORY_GONE']);
  const later = new Date('2026-11-29T12:00:00.000Z');
  await keepHouse(router.database.db, 3, later);
  assert.equal((await topology('?at=2026-11-30T12:00:00Z')).body.nodes.length, 5, 'unchanged states are repeated');
});

test('a node that left is gone from the topology and from every path', async () => {
  const five = states.find(({ origin }) => origin === 5)!;
  await router.emit(LinkStateChanged, [{ ...five, version: { epoch: 1, sequence: 2 }, withdrawn: true, links: [] }]);
  await waitFor(async () => (await topology()).body.nodes.length === 4);
  await waitFor(async () => (await paths({ destination: 5 })).reason === 'unknown-destination');
  const { body } = await router.call('GET', '/api/v1/router/meshes', { claims });
  assert.deepEqual([body.total, body.items[0].meshId, body.items[0].nodes], [1, 'harbour', 4]);
});

test('without Redis paths are computed all the same', async () => {
  await router.redis.stop();
  const answer = await paths({ stretchMax: 3 });
  assert.deepEqual([answer.isCached, answer.reason], [false, null]);
  const ready = await router.app.inject({ url: '/health/ready' });
  assert.equal(ready.statusCode, 200);
});

test('bad input and strangers are refused', async () => {
  const refused = async (method: string, path: string, body: object | undefined, status: number, caller = claims) => {
    const answer = await router.call(method, path, { ...(body === undefined ? {} : { body }), claims: caller });
    assert.equal(answer.status, status, `${method} ${path} ${JSON.stringify(body)}`);
  };
  await refused('POST', `${base}/paths`, { source: 1 }, 400);
  await refused('POST', `${base}/paths`, { source: 0, destination: 4 }, 400);
  await refused('POST', `${base}/paths`, { source: 1, destination: 4, k: 65 }, 400);
  await refused('POST', `${base}/paths`, { source: 1, destination: 4, without: { links: [[1]] } }, 400);
  await refused('POST', `${base}/paths`, { source: 1, destination: 4, surprise: true }, 400);
  await refused('POST', '/api/v1/router/meshes/nowhere/paths', { source: 1, destination: 4 }, 404);
  await refused('GET', '/api/v1/router/meshes/nowhere/topology', undefined, 404);
  await refused('GET', `${base}/topology?at=yesterday`, undefined, 400);
  await refused('GET', `${base}/topology`, undefined, 403, { tenant: 'other', role: 'admin' });
  await refused('POST', `${base}/paths`, { source: 1, destination: 4 }, 403, { tenant: 'default', role: 'user' });
  assert.equal((await router.call('GET', `${base}/topology`, { token: null })).status, 401);
});
