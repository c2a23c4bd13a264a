import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { NodeRoutes } from '@peermesh/contracts/router';
import { silentLogger } from '@peermesh/testkit';
import { RouteFollower, type RouterOutcome } from '../../src/router-routes/route-follower.ts';
import { createRouterClient } from '../../src/router-routes/router-client.ts';
import { eventually, formMesh, startNode, type TestNode } from '../support/nodes.ts';
import { type PathElement, routesFor, startPathElement } from '../support/path-element.ts';

const FRESH_MS = 1_500;
const where = { tenantId: 'default', topic: 'berths' };

/** Two nodes that only dial out, and two hubs: every way between them is over one of the hubs. */
describe('a node and a path computation element', () => {
  let nodes: TestNode[] = [];
  let element: PathElement;
  let follower: RouteFollower;
  let hubs: number[] = [];
  let target = 0;
  const outcomes: [RouterOutcome, string][] = [];
  const arrived: string[] = [];
  let sent = 0;

  before(async () => {
    const fresh = { MESH_ROUTER_FRESH_MS: String(FRESH_MS) };
    nodes = await Promise.all([
      startNode('hub-1'),
      startNode('hub-2'),
      startNode('west', { MESH_LISTEN: '', ...fresh }),
      startNode('east', { MESH_LISTEN: '' }),
    ]);
    await formMesh('harbour', nodes);
    const [hub1, hub2, , east] = nodes.map(({ open }) => open.runtime.mesh().self);
    hubs = [hub1!, hub2!];
    target = east!;
    await eventually(() => assert.equal(west().runtime.paths(null, 'east').paths.length, 2));
    element = await startPathElement();
    const client = createRouterClient(element.url, west().taker, FRESH_MS);
    const onOutcome = (outcome: RouterOutcome, reason: string): void => void outcomes.push([outcome, reason]);
    follower = new RouteFollower({
      taker: west().taker,
      client,
      freshMs: FRESH_MS,
      logger: silentLogger(),
      onOutcome,
    });
    nodes[3]!.open.topics
      .subscribe(
        where,
        'earliest',
        ({ payload }) => {
          arrived.push(Buffer.from(payload).toString());
          return true;
        },
        () => undefined,
      )
      .resume();
    await eventually(async () => {
      await publish('ready?');
      assert.ok(arrived.length > 0);
    });
  });

  after(async () => {
    await follower?.stop();
    await element?.stop();
    await Promise.all(nodes.map((node) => node.end()));
  });

  const west = () => nodes[2]!.open;
  const publish = async (...texts: string[]): Promise<void> => {
    const messages = texts.map((text) => ({ payload: Buffer.from(text) }));
    await west().topics.publish(where, { delivery: 'reliable', priority: 'client', messages });
  };
  const publishNext = async (count: number): Promise<void> => {
    for (let number = 0; number < count; number += 1) await publish(`message ${sent++}`);
  };
  const primary = () => west().runtime.paths(null, 'east').paths[0]!;
  const over = (hub: number): NodeRoutes => routesFor(nodes[2]!, target, [hub, target]);
  const carriedBy = (hub: number): number =>
    nodes[hubs.indexOf(hub)]!.open.runtime.status().counters['transit_frames']!;
  /** Makes the element answer so, and waits until the node has asked for it and been answered. */
  const answer = async (answering: PathElement['answering']): Promise<void> => {
    let before = Number.POSITIVE_INFINITY;
    element.answering = (question) => {
      before = Math.min(before, outcomes.length);
      return answering(question);
    };
    follower.wake('harbour');
    await eventually(() => assert.ok(outcomes.length > before));
  };

  it('takes its routes by the proof of its key, and traffic goes where they say', async () => {
    for (const hub of [hubs[0]!, hubs[1]!]) {
      await answer(() => over(hub));
      await eventually(() => {
        const { hops, computedBy } = primary();
        assert.deepEqual([hops.slice(1), computedBy], [[hub, target], 'router']);
      });
      const before = carriedBy(hub);
      await publishNext(20);
      await eventually(() => assert.equal(arrived.filter((text) => text.startsWith('message')).length, sent));
      assert.ok(carriedBy(hub) - before >= 20, `hub ${hub} carries them`);
    }
    const self = west().taker.self()!;
    assert.deepEqual(element.questions.at(-1)!.provenId, self.nodeId);
    assert.equal(element.questions[0]!.path, `/api/v1/router/meshes/harbour/nodes/${self.shortId}/routes`);
    const { computedBy, hops } = await west().runtime.trace('east', 2_000);
    assert.deepEqual([computedBy, hops.length], ['router', 2]);
    assert.equal(
      west()
        .runtime.topology()
        .nodes.find(({ shortId }) => shortId === target)!.routeBy,
      'router',
    );
    assert.equal(west().runtime.status().routes.router, 1);
  });

  it('keeps them for as long as they are confirmed', async () => {
    await answer(({ known }) => {
      const now = over(hubs[0]!);
      return known === now.tag ? { ...now, isUnchanged: true, routes: [], basis: [] } : now;
    });
    const confirmed = () => outcomes.filter(([outcome]) => outcome === 'confirmed').length;
    await eventually(() => assert.ok(confirmed() >= 5, 'more than the time for which they are fresh'));
    await eventually(() => assert.equal(primary().computedBy, 'router'));
  });

  it('uses its own again when the element falls silent, loses nothing, and takes the routes of one that is back', async () => {
    element.answering = () => 'never';
    const publishing = publishNext(200);
    await eventually(() => assert.equal(primary().computedBy, 'node'));
    assert.equal(west().runtime.status().routes.routerAgeSeconds, null);
    await publishing;
    await publishNext(20);
    element.answering = () => over(hubs[1]!);
    await eventually(() => assert.equal(primary().computedBy, 'router'));
    await publishNext(20);
    const expected = Array.from({ length: sent }, (_, number) => `message ${number}`);
    await eventually(() =>
      assert.deepEqual(
        arrived.filter((text) => text.startsWith('message')),
        expected,
      ),
    );
  });

  it('refuses what is wrong, says why, and goes on with what it has', async () => {
    const good = over(hubs[0]!);
    await answer(() => good);
    const wrong: [PathElement['answering'], RouterOutcome, string][] = [
      [() => ({ ...good, isUnchanged: true, validForMs: 0 }), 'refused', 'stale'],
      [() => ({ ...over(hubs[1]!), meshId: 'elsewhere' }), 'refused', 'other-mesh'],
      [() => ({ ...over(hubs[1]!), nodeId: nodes[3]!.open.taker.self()!.nodeId }), 'refused', 'other-key'],
      [() => ({ ...over(hubs[1]!), source: target }), 'refused', 'wrong-node'],
      [() => ({ ...over(hubs[1]!), validForMs: 0 }), 'refused', 'expired'],
      [
        () => ({
          ...over(hubs[1]!),
          basis: over(hubs[1]!).basis.map(({ origin }) => ({ origin, version: { epoch: 0, sequence: 0 } })),
        }),
        'refused',
        'behind',
      ],
      [() => ({ ...over(hubs[1]!), isUnchanged: true }), 'refused', 'unasked'],
      [() => '{"meshId":', 'failed', 'PM_CLIENT_UNEXPECTED_ANSWER'],
      [() => '{"meshId":"harbour","routes":[]}', 'failed', 'PM_CLIENT_UNEXPECTED_ANSWER'],
      [() => 500, 'failed', 'PM_CLIENT_UNEXPECTED_ANSWER'],
      [() => ' '.repeat(5 * 1024 * 1024), 'failed', 'PM_CLIENT_UNREACHABLE'],
    ];
    for (const [answering, outcome, reason] of wrong) {
      await answer(answering);
      await eventually(() => assert.deepEqual(outcomes.at(-1), [outcome, reason]));
      assert.ok([good.tag, null].includes(west().taker.tagInUse()));
    }
    await answer(() => routesFor(nodes[2]!, target, [target]));
    assert.equal(outcomes.at(-1)![0], 'taken');
    await eventually(() => assert.equal(primary().computedBy, 'node', 'a link that is not there is not used'));
    assert.ok(west().core.overlay!.router!.counters.offers.refused.unconfirmed! >= 1);
  });

  it('gives them up at once when a link of them goes', async () => {
    await answer(() => over(hubs[0]!));
    await eventually(() => assert.equal(primary().computedBy, 'router'));
    await nodes[0]!.open.stop();
    await eventually(() => assert.deepEqual(primary().hops.slice(1), [hubs[1]!, target]));
    await publishNext(5);
    await eventually(() => assert.ok(arrived.includes(`message ${sent - 1}`)));
    await nodes[0]!.restart();
  });
});
