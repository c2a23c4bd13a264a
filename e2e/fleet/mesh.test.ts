import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Client, createClient } from '@peermesh/contracts';
import { type MeshPath, meshRoutes, type TopicMessage } from '@peermesh/contracts/mesh';
import { routerRoutes } from '@peermesh/contracts/router';
import { waitFor } from '@peermesh/testkit';
import { startTestFleet, type TestFleet } from '@peermesh/testkit/fleet';

const NODES = ['mesh-node', 'mesh-node-2', 'mesh-node-3'] as const;
const TOPIC = 'berths';

let fleet: TestFleet;
let clients: Client<typeof meshRoutes>[];

before(async () => {
  fleet = await startTestFleet({
    only: ['auth', 'router', 'mesh-node', 'gateway'],
    overrides: { 'mesh-node': { MESH_ROUTER_FRESH_MS: '4000' } },
  });
  clients = NODES.map((name) =>
    createClient(meshRoutes, { baseUrl: fleet.fleet.process(name).url, token: fleet.adminToken }),
  );
});

after(() => fleet.stop());

/** Waits until nothing that `claims` asserts is wrong any more. */
async function eventually(claims: () => Promise<void>): Promise<void> {
  const holds = async (): Promise<boolean> => {
    await claims();
    return true;
  };
  await waitFor(holds, { timeoutMs: 90_000 });
}

async function publish(node: number, ...texts: string[]): Promise<void> {
  const messages = texts.map((text) => ({ payload: Buffer.from(text).toString('base64') }));
  await clients[node]!.publish({ params: { topic: TOPIC }, body: { messages } });
}

async function textsAt(node: number): Promise<string[]> {
  const { body } = await clients[node]!.read({ params: { topic: TOPIC }, query: { limit: 1000 } });
  return body.messages.map(({ payload }: TopicMessage) => Buffer.from(payload, 'base64').toString());
}

/** Opens an event stream on a topic and reads it until the test ends: a node gets what its readers want. */
async function follow(node: number, signal: AbortSignal): Promise<void> {
  const url = `${fleet.fleet.process(NODES[node]!).url}/api/v1/mesh/topics/${TOPIC}/stream?from=earliest`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${await fleet.adminToken()}` }, signal });
  assert.equal(answer.status, 200);
  void answer.body?.pipeTo(new WritableStream(), { signal }).catch(() => undefined);
}

describe('the mesh of a fleet', () => {
  it('is formed by the launcher at the first start', async () => {
    for (const client of clients) {
      await eventually(async () => {
        const { body } = await client.getMesh({});
        assert.equal(body.members, 3);
        assert.equal(body.health, 'healthy');
        assert.notEqual(body.leader, null);
      });
    }
  });

  it('is reached through the gateway by operators, and by nobody else', async () => {
    const url = `${fleet.gatewayUrl}/api/v1/mesh/nodes`;
    const headers = { authorization: `Bearer ${await fleet.adminToken()}` };
    assert.equal((await fetch(url, { headers })).status, 200);
    assert.equal((await fetch(url)).status, 401);
  });

  it('takes the routes of the router with their policies, and its own ones while the router hangs', async (t) => {
    const ended = new AbortController();
    t.after(() => ended.abort());
    const [one, two, three] = await Promise.all(clients.map(async (client) => (await client.getMesh({})).body.self));
    const paths = async (): Promise<MeshPath[]> =>
      (await clients[0]!.getPaths({ query: { to: String(two) } })).body.paths;
    for (const client of clients) {
      await eventually(async () => {
        const { routes } = (await client.getStatus({})).body;
        assert.deepEqual([routes.router, routes.node], [2, 0], 'all routes are the router’s');
      });
    }
    await eventually(async () =>
      assert.ok((await paths()).length >= 2, 'the direct way and the one over the third node'),
    );

    const router = createClient(routerRoutes, { baseUrl: fleet.serviceUrl('router'), token: fleet.adminToken });
    const { body: policy } = await router.createRoutePolicy({
      body: { name: 'not over the third', meshId: 'local', source: one!, constraints: { avoidNodes: [three!] } },
    });
    const isDirect = async (): Promise<void> => {
      const hops = (await paths()).map((path) => [path.computedBy, ...path.hops]);
      assert.deepEqual(hops, [['router', one, two]]);
    };
    await eventually(isDirect);

    await follow(1, ended.signal);
    await eventually(async () => {
      await publish(0, 'with the router');
      assert.ok((await textsAt(1)).length > 0);
    });
    const { pid } = fleet.fleet.process('router');
    process.kill(pid()!, 'SIGSTOP');
    t.after(() => process.kill(pid()!, 'SIGCONT'));
    const sent: string[] = [];
    await eventually(async () => {
      sent.push(`without the router ${sent.length}`);
      await publish(0, sent.at(-1)!);
      const own = await paths();
      assert.ok(own.length >= 2 && own.every(({ computedBy }) => computedBy === 'node'), 'own routes, own ways');
    });
    process.kill(pid()!, 'SIGCONT');
    await eventually(isDirect);
    await eventually(async () => {
      const arrived = (await textsAt(1)).filter((text) => text.startsWith('without the router'));
      assert.deepEqual(arrived, sent);
    });
    await router.deleteRoutePolicy({ params: { id: policy.id } });
    for (const name of NODES) assert.doesNotMatch(fleet.logOf(name), /tail lost its stream/);
  });

  it('carries traffic on after kill -9 of its leader, without losing or repeating a message', async (t) => {
    const ended = new AbortController();
    t.after(() => ended.abort());
    let leaderName = '';
    await eventually(async () => {
      const { body } = await clients[0]!.getMesh({});
      const { body: listed } = await clients[0]!.listNodes({ query: {} });
      leaderName = listed.items.find(({ shortId }) => shortId === body.leader)?.name ?? '';
      assert.notEqual(leaderName, '');
    });
    const leader = NODES.findIndex((name) => name === leaderName);
    const [source, target] = [0, 1, 2].filter((node) => node !== leader) as [number, number];
    await follow(target, ended.signal);
    await eventually(async () => {
      await publish(source, 'ready?');
      assert.ok((await textsAt(target)).length > 0);
    });
    await fleet.fleet.process(leaderName).kill();
    const sent = Array.from({ length: 50 }, (_, index) => `message ${index}`);
    for (const text of sent) await publish(source, text);
    await eventually(async () => {
      const texts = await textsAt(target);
      assert.deepEqual(
        texts.filter((text) => text.startsWith('message')),
        sent,
      );
    });
    await eventually(async () => {
      for (const client of clients) {
        const { body: after } = await client.getMesh({});
        assert.notEqual(after.leader, null);
        assert.equal(after.health, 'healthy');
        assert.equal(after.members, 3);
      }
    });
  });

  it('forwards while PostgreSQL and NATS are away, and tells what happened when they are back', async (t) => {
    const ended = new AbortController();
    t.after(() => ended.abort());
    await follow(1, ended.signal);
    await eventually(async () => {
      await publish(0, 'in the light');
      assert.ok((await textsAt(1)).includes('in the light'));
    });
    await Promise.all([fleet.fleet.process('postgres').kill(), fleet.fleet.process('nats').kill()]);
    await publish(0, 'in the dark');
    await eventually(async () => assert.ok((await textsAt(1)).includes('in the dark')));
    await eventually(async () => {
      for (const client of clients) {
        const { body } = await client.getStatus({});
        assert.equal(body.pendingFacts, 0);
        assert.equal(body.lostFacts, 0);
      }
    });
  });
});
