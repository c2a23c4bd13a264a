import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isPeerMeshError } from '@peermesh/errors';
import { freePort, temporaryFolder } from '@peermesh/testkit';
import { caCommand } from '../../src/cli/commands/ca.ts';
import { eventually, formMesh, startNode, type TestNode } from '../support/nodes.ts';

const HOUR_MS = 3_600_000;
const OPERATOR = 'usr_operator';
const where = { tenantId: 'default', topic: 'berths' };

describe('three nodes over TLS whose clocks are right, an hour ahead and an hour behind', () => {
  const folder = temporaryFolder('clocks');
  const authority = `${folder.path}/ca`;
  let behind: TestNode;
  let right: TestNode;
  let ahead: TestNode;
  let newcomer: TestNode;
  /** Of the nodes that run: the latest time that the control group had for each, which never goes back. */
  const stamps = new Map<string, number>();

  const running = (): TestNode[] => [behind, right, ahead, newcomer].filter((node) => node !== undefined);
  const members = (): TestNode[] => running().filter((node) => node.open.runtime.status().state === 'member');
  const groupMs = (node: TestNode): number => node.open.core.session?.plane.state.clockMs ?? 0;
  const certified = async (name: string, clockOffMs: number): Promise<TestNode> => {
    const node = await startNode(name, { MESH_LISTEN: `wss://127.0.0.1:${await freePort()}` }, clockOffMs);
    // The authority is an hour ahead as well: for the node behind, this certificate is two hours from now.
    await caCommand.runLocally(
      ['issue', authority, node.open.runtime.status().nodeId, node.home],
      Date.now() + HOUR_MS,
    );
    await node.restart();
    return node;
  };
  const offset = async (node: TestNode): Promise<number> =>
    Number(/^mesh_clock_offset_seconds\S* (\S+)$/m.exec(await node.metrics().expose())?.[1]);
  const join = (joinKey: string): Promise<string> =>
    newcomer.open.runtime.join({ meshId: 'harbour', addresses: members().map(({ address }) => address), joinKey }).then(
      () => 'in',
      (error: unknown) => (isPeerMeshError(error) ? String(error.occurrence.meta?.['reason'] ?? error.code) : 'failed'),
    );
  /** All reach each other and know one leader, and no clock of the group went back. */
  const agreed = (nodes: readonly TestNode[]): Promise<void> =>
    eventually(() => {
      const leaders = new Set<number | null>();
      for (const { open } of nodes) {
        const { leader, unreachable } = open.runtime.mesh();
        leaders.add(leader);
        assert.equal(unreachable, 0);
      }
      assert.equal(leaders.size, 1);
      assert.ok(!leaders.has(null));
      for (const node of nodes) {
        assert.ok(groupMs(node) >= (stamps.get(node.name) ?? 0), 'the clock of the group went back');
        stamps.set(node.name, groupMs(node));
      }
    });
  const leaderOf = (nodes: readonly TestNode[]): TestNode => {
    const { leader } = nodes[0]!.open.runtime.mesh();
    const found = nodes.find(({ open }) => open.runtime.mesh().self === leader);
    assert.ok(found);
    return found;
  };
  /** Each is heard by each other. */
  const talk = async (nodes: readonly TestNode[], text: string): Promise<void> => {
    for (const to of nodes) {
      const got = new Set<string>();
      const take = ({ payload }: { readonly payload: Uint8Array }): boolean => {
        got.add(Buffer.from(payload).toString());
        return true;
      };
      const subscription = to.open.topics.subscribe(where, 'earliest', take, (error) => assert.fail(error));
      subscription.resume();
      await eventually(async () => {
        for (const from of nodes) {
          const payload = Buffer.from(`${from.name}: ${text}`);
          if (got.has(payload.toString())) continue;
          await from.open.topics.publish(where, { delivery: 'reliable', priority: 'client', messages: [{ payload }] });
        }
        assert.equal(nodes.filter(({ name }) => got.has(`${name}: ${text}`)).length, nodes.length);
      });
      subscription.close();
    }
  };

  before(async () => {
    await caCommand.runLocally(['init', authority, 'harbour'], Date.now() + HOUR_MS);
    behind = await certified('quay-behind', -HOUR_MS);
    right = await certified('quay-right', 0);
    ahead = await certified('quay-ahead', HOUR_MS);
    newcomer = await certified('quay-new', 0);
    await formMesh('harbour', [behind, right, ahead]);
  });

  after(async () => {
    await Promise.all(running().map((node) => node.end()));
    folder.remove();
  });

  it('link, agree, compute routes and carry messages in every direction', async () => {
    await agreed([behind, right, ahead]);
    for (const { open } of [behind, right, ahead])
      await eventually(() => {
        assert.equal(open.runtime.status().links.filter(({ isUp }) => isUp).length, 2);
        assert.equal(open.runtime.topology().links.length, 6);
      });
    await talk([behind, right, ahead], 'hello');
  });

  it('say how far each of them is from the clock of the mesh', async () => {
    for (const [node, hours] of [
      [behind, 0],
      [right, 1],
      [ahead, 2],
    ] as const)
      assert.equal(Math.round((await offset(node)) / 3_600), hours, node.name);
  });

  it('a join key holds as long as it says by the clock of the leader, whichever node was asked for it', async () => {
    const { key } = await ahead.open.administration.createJoinKey({ id: 'half', expiresInSeconds: 1_800 }, OPERATOR);
    const untilMs = Date.parse(key.expiresAt ?? '') - groupMs(ahead);
    assert.ok(untilMs > 1_700_000 && untilMs <= 1_800_000, `it ends in ${untilMs} ms`);
  });

  it('the lead moves to a node ahead: a key that ended by its clock is expired, another one lets in, all goes on', async () => {
    const { secret } = await behind.open.administration.createJoinKey(
      { id: 'brief', expiresInSeconds: 1_800 },
      OPERATOR,
    );
    await behind.open.stop();
    await eventually(() =>
      assert.ok([right, ahead].some(({ open }) => open.core.session?.plane.raftStatus.role === 'leader')),
    );
    await behind.reopen();
    await agreed([behind, right, ahead]);
    const leader = leaderOf([behind, right, ahead]);
    assert.notEqual(leader, behind);
    assert.equal(await join(secret), 'key-expired');
    const shown = leader.open.administration.joinKeys().find(({ id }) => id === 'brief');
    assert.equal(shown?.state, 'expired');
    const asked = await behind.open.administration.createJoinKey({ id: 'fresh', expiresInSeconds: 600 }, OPERATOR);
    assert.equal(await join(asked.secret), 'in');
    await talk([behind, newcomer], 'we go on');
  });

  it('the lead moves on: the clock of the group stands still rather than go back, and what was expired stays so', async () => {
    const before = leaderOf(running());
    await before.open.stop();
    const others = running().filter((node) => node !== before);
    await eventually(() => assert.ok(others.some(({ open }) => open.core.session?.plane.raftStatus.role === 'leader')));
    await before.reopen();
    await agreed(running());
    await leaderOf(running()).open.administration.rotateKeyEpoch(OPERATOR);
    await agreed(running());
    for (const { open } of running())
      assert.equal(open.administration.joinKeys().find(({ id }) => id === 'brief')?.state, 'expired');
  });
});
