import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { hasErrorCode } from '@peermesh/errors';
import { freePort } from '@peermesh/testkit';
import type { TopicRecord } from '../../src/ports.ts';
import { TcpProxy } from '../contract/transport-kit/tcp-proxy.ts';
import { eventually, formMesh, startNode, type TestNode } from '../support/nodes.ts';

const where = { tenantId: 'default', topic: 'berths' };
const batch = (...texts: string[]) => ({
  delivery: 'reliable' as const,
  priority: 'client' as const,
  messages: texts.map((text) => ({ payload: Buffer.from(text) })),
});

describe('three nodes', () => {
  let nodes: TestNode[] = [];

  before(async () => {
    nodes = await Promise.all(['quay-1', 'quay-2', 'quay-3'].map((name) => startNode(name)));
    await formMesh('harbour', nodes);
  });

  after(() => Promise.all(nodes.map((node) => node.end())));

  it('know each other, one of them as leader', async () => {
    for (const { open } of nodes) {
      await eventually(() => {
        const members = open.runtime.nodes();
        assert.deepEqual(
          members.map(({ name }) => name),
          ['quay-1', 'quay-2', 'quay-3'],
        );
        assert.equal(members.filter(({ role }) => role === 'leader').length, 1);
        assert.equal(open.runtime.mesh().health, 'healthy');
      });
    }
  });

  it('see every link, and paths to each other', async () => {
    for (const { open } of nodes) {
      await eventually(() => {
        assert.equal(open.runtime.topology().links.length, 6);
        for (const { shortId } of open.runtime.nodes()) {
          if (shortId === open.runtime.mesh().self) continue;
          assert.ok(open.runtime.paths(null, String(shortId)).paths.length >= 2);
        }
      });
    }
    const { hops } = await nodes[0]!.open.runtime.trace('quay-3', 2_000);
    assert.equal(hops.at(-1)?.name, 'quay-3');
    assert.notEqual(hops.at(-1)?.rttMs, null);
  });

  it('carry messages to subscribers of other nodes, in order', async () => {
    const got: TopicRecord[] = [];
    const take = (record: TopicRecord): boolean => {
      got.push(record);
      return true;
    };
    const subscription = nodes[2]!.open.topics.subscribe(where, 'earliest', take, (error) => assert.fail(error));
    subscription.resume();
    await eventually(async () => {
      await nodes[0]!.open.topics.publish(where, batch('ready?'));
      assert.ok(got.length > 0);
    });
    const before = got.length;
    await nodes[0]!.open.topics.publish(where, batch('one', 'two', 'three'));
    await eventually(() => assert.ok(got.length >= before + 3));
    assert.deepEqual(
      got.slice(-3).map(({ payload }) => Buffer.from(payload).toString()),
      ['one', 'two', 'three'],
    );
    const { records } = await nodes[2]!.open.topics.read(where, 0, 1_000);
    assert.deepEqual(
      records.slice(-1).map(({ origin }) => origin),
      [nodes[0]!.open.runtime.mesh().self],
    );
    subscription.close();
  });

  it('keep topics of tenants apart', async () => {
    const { records } = await nodes[0]!.open.topics.read({ ...where, tenantId: 'other' }, 0, 10);
    assert.deepEqual(records, []);
  });

  it('come back with their membership after a restart', async () => {
    const node = nodes[1]!;
    const { self } = node.open.runtime.mesh();
    await node.restart();
    await eventually(() => {
      assert.equal(node.open.runtime.mesh().self, self);
      assert.equal(node.open.runtime.mesh().health, 'healthy');
      assert.notEqual(node.open.runtime.mesh().leader, null);
    });
    await eventually(() => assert.equal(nodes[0]!.open.runtime.mesh().health, 'healthy'));
  });

  it('refuse a node with a wrong key, and say why', async (t) => {
    const stranger = await startNode('stranger');
    t.after(() => stranger.end());
    const joining = stranger.open.runtime.join({
      meshId: 'harbour',
      addresses: [nodes[0]!.address],
      joinKey: 'a-key-that-nobody-gave-out',
    });
    await assert.rejects(joining, (error) => hasErrorCode(error, 'PM_MESH_JOIN_REFUSED'));
    assert.equal(stranger.open.runtime.status().state, 'idle');
  });

  it('tell facts of members, links and topology', () => {
    const kinds = new Set(nodes[0]!.facts.map(({ kind }) => kind));
    for (const kind of ['mesh', 'member', 'link_state', 'topology', 'messages'] as const)
      assert.ok(kinds.has(kind), kind);
  });

  it('drain a node, and evict it for good', async () => {
    const [first, , third] = nodes;
    await first!.open.runtime.drain('quay-3', true, 'usr_operator');
    await eventually(() => assert.equal(third!.open.runtime.node('quay-3').isDraining, true));
    await first!.open.runtime.evict('quay-3', { operator: 'usr_operator', override: false });
    await eventually(() => assert.equal(third!.open.runtime.status().state, 'idle'));
    assert.deepEqual(
      first!.open.runtime.nodes().map(({ name }) => name),
      ['quay-1', 'quay-2'],
    );
  });

  it('without the majority one goes on alone, when an operator overrides the rule', async () => {
    const [first, second] = nodes;
    const { runtime, administration } = first!.open;
    const evict = (override: boolean) => runtime.evict('quay-2', { operator: 'usr_operator', override });
    await second!.open.stop();
    await eventually(() => {
      assert.equal(runtime.mesh().health, 'critical');
      assert.equal(first!.open.runtime.mesh().leader, null);
    });
    await assert.rejects(evict(false), (error) => hasErrorCode(error, 'PM_MESH_NO_QUORUM'));
    await evict(true);
    await eventually(() => assert.equal(runtime.mesh().health, 'healthy'));
    assert.deepEqual(
      runtime.nodes().map(({ name }) => name),
      ['quay-1'],
    );
    const name = { space: 'parameter', key: 'pace' } as const;
    assert.equal((await administration.changeSetting(name, '5', 0, 'usr_operator'))?.value, '5');
    await second!.reopen();
  });
});

describe('a peer that gives no sign of life', () => {
  it('is a fact that others are told of, with who saw it', async (t) => {
    const port = await freePort();
    const proxy = await TcpProxy.start(t, port);
    const hub = await startNode('hub', {
      MESH_LISTEN: `ws://127.0.0.1:${port}`,
      MESH_ADVERTISE: `ws://127.0.0.1:${proxy.port}`,
    });
    t.after(() => hub.end());
    const spoke = await startNode('spoke', { MESH_LISTEN: '' });
    t.after(() => spoke.end());
    const { joinKey } = await hub.open.runtime.seed({ meshId: 'harbour', joinPolicy: 'key_required' });
    await spoke.open.runtime.join({ meshId: 'harbour', addresses: [`ws://127.0.0.1:${proxy.port}`], joinKey });
    await eventually(() => assert.equal(hub.open.runtime.status().links[0]?.isUp, true));
    // Connections that stand carry nothing any more; a new one does.
    proxy.freeze();
    await eventually(() => {
      const seen = hub.facts.flatMap((fact) => (fact.kind === 'peer_health' ? [fact.data] : []));
      assert.deepEqual(
        seen.map(({ name, healthy, observedBy }) => [name, healthy, observedBy]),
        [['spoke', false, hub.open.runtime.mesh().self]],
      );
    });
    await eventually(() => {
      const [link] = hub.open.runtime.status().links;
      assert.deepEqual([link?.isUp, link?.isHealthy], [true, true]);
    });
  });
});
