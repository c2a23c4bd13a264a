import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createAuthenticator } from '@peermesh/authz';
import { type Mesh, type MeshNode, meshRoutes, type NodeStatus } from '@peermesh/contracts/mesh';
import { meshErrors } from '@peermesh/errors';
import { createApp, mountRoute, pageOf } from '@peermesh/service-kit';
import { createMetrics } from '@peermesh/telemetry';
import { silentLogger, testJwks } from '@peermesh/testkit';
import type { FastifyInstance } from 'fastify';
import { openEventStream } from '../../src/api/event-stream.ts';
import { runTool, type ToolOutcome } from '../support/run-tool.ts';

const mesh: Mesh = {
  meshId: 'harbour',
  joinPolicy: 'key_required',
  health: 'degraded',
  self: 1,
  leader: 2,
  term: 7,
  members: 3,
  unreachable: 1,
  voters: [1, 2, 3],
  learners: [],
  configurationVersion: 9,
};
const node = (shortId: number): MeshNode => ({
  shortId,
  nodeId: Buffer.alloc(32, shortId).toString('base64url'),
  name: `quay-${shortId}`,
  region: '',
  addresses: [],
  state: 'alive',
  role: 'voter',
  isSelf: shortId === 1,
  isDraining: false,
});
let status: NodeStatus;
let app: FastifyInstance;
let url: string;

before(async () => {
  status = {
    nodeId: node(1).nodeId,
    name: 'quay-1',
    state: 'member',
    listens: ['ws://127.0.0.1:8201'],
    mesh,
    links: [],
    counters: { delivered: 3 },
    routes: { router: 2, node: 1, routerAgeSeconds: 3.4 },
    backends: { postgres: 'away' },
    pendingFacts: 4,
    lostFacts: 0,
    eventLoopDelayMs: 1.25,
    uptimeSeconds: 60,
  };
  const logger = silentLogger();
  app = await createApp({ service: 'mesh', version: '0', logger, metrics: createMetrics({ service: 'mesh' }) });
  app.authenticator = createAuthenticator({ issuer: 'peermesh-auth', audience: 'peermesh', jwks: testJwks });
  mountRoute(app, meshRoutes.getStatus, async () => ({ status: 200, body: status }));
  mountRoute(app, meshRoutes.listNodes, async ({ query }) => {
    const all = Array.from({ length: 450 }, (_, index) => node(index + 1));
    const { page = 1, limit = 20 } = query;
    return { status: 200, body: pageOf(all.slice((page - 1) * limit, page * limit), all.length, query) };
  });
  mountRoute(app, meshRoutes.join, async ({ body }) => {
    if (body.joinKey !== 'a-key-of-sixteen-characters')
      throw meshErrors.joinRefused({
        detail: 'The join key is unknown or was withdrawn.',
        meta: { reason: 'key-wrong' },
      });
    return { status: 200, body: mesh };
  });
  const hops = [
    { shortId: 2, name: 'quay-2', rttMs: 0.5 },
    { shortId: 3, name: 'quay-3', rttMs: null },
  ];
  mountRoute(app, meshRoutes.trace, async () => ({ status: 200, body: { to: 3, computedBy: 'router', hops } }));
  mountRoute(app, meshRoutes.subscribe, async ({ reply }) => {
    const stream = openEventStream(reply, () => undefined);
    for (const [offset, text] of ['one', 'two'].entries()) {
      const payload = Buffer.from(text).toString('base64');
      stream.send({ type: 'message', id: String(offset), data: { offset, origin: 2, payload } });
    }
    stream.close();
    return { status: 200, body: '' };
  });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});

after(() => app.close());

const runMesh = (...argv: string[]): Promise<ToolOutcome> => runTool(url, argv);

describe('the command line tool', () => {
  it('says by its exit code how well the mesh is', async () => {
    const { code, out } = await runMesh('status');
    assert.equal(code, 3);
    assert.match(out, /^mesh +harbour$/m);
    assert.match(out, /^stores away +postgres; 4 facts wait$/m);
    assert.match(out, /^routes +2 of the router \(confirmed 3 s ago\), 1 computed by the node$/m);
  });

  it('prints the answer of the API with --json', async () => {
    const { out } = await runMesh('status', '--json');
    assert.deepEqual(JSON.parse(out), status);
  });

  it('lists members of all pages in one table', async () => {
    const { code, out } = await runMesh('nodes');
    assert.equal(code, 0);
    const lines = out.trimEnd().split('\n');
    assert.equal(lines.length, 451);
    assert.match(lines[0] ?? '', /^ *ID +NAME +STATE +ROLE/);
    assert.match(lines[1] ?? '', /^ +1 +quay-1 \* +alive +voter/);
  });

  it('ends with 1 and the reason when the mesh refuses', async () => {
    const { code, err } = await runMesh('join', 'harbour', 'ws://127.0.0.1:1', '--key', 'another-key-of-that-length');
    assert.equal(code, 1);
    assert.match(err, /PM_MESH_JOIN_REFUSED: The join key is unknown/);
  });

  it('ends with 1 when a hop does not answer', async () => {
    const { code, out } = await runMesh('trace', '3');
    assert.match(out, /^route of: router$/m);
    assert.equal(code, 1);
    assert.match(out, /quay-3 +-$/m);
  });

  it('ends with 1 when the node cannot be reached', async () => {
    const { code, err } = await runMesh('status', '--url', 'http://127.0.0.1:1');
    assert.equal(code, 1);
    assert.notEqual(err, '');
  });

  for (const [argv, says] of [
    [['fly'], /there is no command fly/],
    [['join', 'harbour'], /name the address of a node/],
    [['evict', 'quay-2'], /confirm with --yes/],
    [['seed', 'harbour', '--policy', 'maybe'], /--policy is open, key_required, closed/],
    [['status', '--wrong'], /--wrong/],
    [['status', '--node', 'quay-9'], /no URL is known for quay-9/],
  ] as const) {
    it(`ends with 2 for: mesh ${argv.join(' ')}`, async () => {
      const { code, err } = await runMesh(...argv);
      assert.equal(code, 2);
      assert.match(err, says);
    });
  }

  it('prints messages of a topic as they come, and says so when the node ends the stream', async () => {
    const { code, out, err } = await runMesh('follow', 'berths');
    assert.deepEqual([code, err], [1, 'mesh: the node has ended the stream\n']);
    assert.equal(out, '0\t2\tone\n1\t2\ttwo\n');
  });

  it('explains every command', async () => {
    const { code, out } = await runMesh('help');
    assert.equal(code, 0);
    for (const name of ['seed', 'join', 'status', 'nodes', 'topology', 'paths', 'trace', 'drain', 'evict', 'top'])
      assert.match(out, new RegExp(`^  ${name}\\b`, 'm'));
    const longest = Math.max(...out.split('\n').map((line) => line.length));
    assert.ok(longest <= 115, `a line of ${longest} columns`);
  });

  it('explains one command, and says when there is none of that name', async () => {
    for (const args of [
      ['help', 'drain'],
      ['drain', '--help'],
    ]) {
      const { code, out } = await runMesh(...args);
      assert.equal(code, 0);
      assert.match(out, /^ {2}drain NODE \[--undo\] +take a node out of the traffic of others, or back in\n$/);
    }
    const { code, err } = await runMesh('help', 'undrain');
    assert.deepEqual([code, err], [2, 'mesh: there is no command undrain\nsee mesh help\n']);
  });
});
