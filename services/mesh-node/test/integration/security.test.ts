import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { hasErrorCode, isPeerMeshError } from '@peermesh/errors';
import { freePort, temporaryFolder } from '@peermesh/testkit';
import { caCommand } from '../../src/cli/commands/ca.ts';
import { readCredentials } from '../../src/runtime/credentials.ts';
import { decided, eventually, formMesh, startNode, type TestNode } from '../support/nodes.ts';

const OPERATOR = 'usr_operator';

describe('nodes over TLS', () => {
  const folder = temporaryFolder('security');
  const authority = join(folder.path, 'ca');
  const nodes: TestNode[] = [];
  const ca = (...args: string[]) => caCommand.runLocally(args, Date.now());
  const nodeIdOf = (node: TestNode): string => node.open.runtime.status().nodeId;
  const isLinked = (from: TestNode, to: TestNode): boolean =>
    from.open.runtime.status().links.some(({ nodeId, isUp }) => nodeId === nodeIdOf(to) && isUp);
  const figure = async (node: TestNode, name: string, label = ''): Promise<number> => {
    const lines = (await node.metrics().expose()).split('\n');
    const found = lines.find((line) => /^\w+/.exec(line)?.[0] === name && line.includes(label));
    return Number(found?.split(' ')[1] ?? 0);
  };

  before(async () => {
    await ca('init', authority, 'harbour');
    for (const name of ['quay-1', 'quay-2', 'quay-3', 'quay-4']) {
      const node = await startNode(name, { MESH_LISTEN: `wss://127.0.0.1:${await freePort()}` });
      nodes.push(node);
      assert.deepEqual(node.open.runtime.status().listens, [], 'without a certificate nobody is let in');
      await ca('issue', authority, nodeIdOf(node), node.home);
      await node.restart();
      assert.deepEqual(node.open.runtime.status().listens, [node.address]);
    }
    await formMesh('harbour', nodes);
    await eventually(() =>
      assert.ok(nodes.every((one) => nodes.every((other) => one === other || isLinked(one, other)))),
    );
  });

  after(async () => {
    await Promise.all(nodes.map((node) => node.end()));
    folder.remove();
  });

  it('all hold the key of the present epoch, newcomers too', async () => {
    await eventually(() => {
      for (const { open } of nodes) {
        const { epoch, holders, heldEpoch } = open.administration.keyEpoch();
        assert.deepEqual([holders, heldEpoch], [[1, 2, 3, 4], epoch]);
        assert.ok(epoch >= 1);
      }
    });
    const { epoch } = await decided(() => nodes[1]!.open.administration.rotateKeyEpoch(OPERATOR));
    await eventually(() => {
      for (const { open } of nodes) assert.ok((open.administration.keyEpoch().heldEpoch ?? 0) >= epoch);
    });
  });

  it('a renewed certificate, and one of another key of the authority, are taken over while links stand', async () => {
    const [first, second] = [nodes[0]!, nodes[1]!];
    let linksLost = 0;
    const stopWatching = second.open.runtime.watch((change) => {
      if (change.type === 'link' && !change.isUp) linksLost += 1;
    });
    await ca('rotate', authority);
    for (const node of nodes) {
      await ca('trust', authority, node.home);
      node.open.reload();
    }
    for (const node of nodes) {
      await ca('issue', authority, nodeIdOf(node), node.home);
      node.open.reload();
    }
    await ca('forget', authority);
    for (const node of nodes) {
      await ca('trust', authority, node.home);
      node.open.reload();
    }
    const { serialNumber, trustedPem } = readCredentials(second.home)!;
    assert.equal(trustedPem.length, 1);
    stopWatching();
    assert.equal(linksLost, 0);
    await second.restart();
    await eventually(() => assert.ok(isLinked(first, second)));
    await decided(() => first.open.administration.revoke({ serialNumber, note: 'copied' }, OPERATOR));
    await eventually(() => assert.equal(isLinked(first, second), false));
    await ca('renew', authority, second.home);
    second.open.reload();
    await eventually(() => assert.ok(isLinked(first, second)));
  });

  it('a file that cannot be used is refused and counted, and the node goes on with what it had', async () => {
    const [first, second] = [nodes[0]!, nodes[1]!];
    const good = readFileSync(join(first.home, 'certificate.pem'), 'utf8');
    await ca('issue', authority, nodeIdOf(second), first.home);
    try {
      first.open.reload();
      first.open.reload();
      assert.equal(await figure(first, 'mesh_credential_files_refused'), 1);
      // Not at once: a link that is young may still change from one of two crossed dials to the other.
      await eventually(() => assert.ok(isLinked(first, second)));
      assert.ok(
        (await figure(first, 'mesh_certificate_expiry_timestamp_seconds', 'certificate="node"')) > Date.now() / 1000,
      );
    } finally {
      writeFileSync(join(first.home, 'certificate.pem'), good);
    }
    first.open.reload();
    assert.equal(await figure(first, 'mesh_credential_files_refused'), 1);
  });

  it('a revoked node is out everywhere: also where it was unknown at the time, and after a start without the mesh', async () => {
    const [first, second, third, fourth] = [nodes[0]!, nodes[1]!, nodes[2]!, nodes[3]!];
    const thief = nodeIdOf(third);
    const epoch = first.open.administration.keyEpoch().epoch;
    await second.open.stop();
    await decided(() => first.open.administration.revoke({ nodeId: thief, note: 'stolen' }, OPERATOR));
    await eventually(() => assert.equal(third.open.runtime.status().state, 'idle'));
    await eventually(() => assert.equal(isLinked(first, third), false));
    await second.reopen();
    await eventually(() => {
      assert.ok(second.open.administration.revocations().some(({ subject }) => subject === thief));
      const { heldEpoch, holders } = second.open.administration.keyEpoch();
      assert.ok((heldEpoch ?? 0) > epoch);
      assert.deepEqual(holders, [1, 2, 4]);
    });
    await Promise.all([first.open.stop(), fourth.open.stop()]);
    await second.restart();
    const joining = third.open.runtime.join({ meshId: 'harbour', addresses: [second.address], joinKey: null });
    await eventually(async () =>
      assert.ok((await figure(second, 'mesh_connections_refused', 'certificate_revoked')) > 0),
    );
    await third.open.stop();
    await joining.catch(() => undefined);
    for (const node of [first, third, fourth]) await node.reopen();
  });

  it('a wiped disk is a newcomer, and another disk than the one that is known is refused with the way out', async () => {
    const third = nodes[2]!;
    await third.open.stop();
    rmSync(join(third.home, 'volume'), { recursive: true });
    await third.reopen();
    assert.equal(third.open.runtime.status().state, 'idle');
    await third.open.stop();
    writeFileSync(join(third.home, 'volume-id'), 'f'.repeat(32));
    await assert.rejects(third.reopen(), /volume f{32} was expected in .*: put the right disk back, or remove /);
    rmSync(join(third.home, 'volume-id'));
    await third.reopen();
  });

  /** What cannot be asked for twice is asked for when there is a leader. */
  const settled = (): Promise<void> =>
    eventually(() => {
      for (const { open } of [nodes[0]!, nodes[1]!, nodes[3]!]) {
        const { leader, health } = open.runtime.mesh();
        assert.ok(leader !== null && health === 'healthy');
      }
    });

  it('join keys let in as often and as long as they say; their secrets are shown once, and who made them is told', async () => {
    const [first] = nodes;
    const { administration } = first!.open;
    await settled();
    const newcomer = await startNode('quay-9', { MESH_LISTEN: '' });
    nodes.push(newcomer);
    await ca('issue', authority, nodeIdOf(newcomer), newcomer.home);
    await newcomer.restart();
    const refusal = (joinKey: string): Promise<unknown> =>
      newcomer.open.runtime.join({ meshId: 'harbour', addresses: [first!.address], joinKey }).then(
        () => 'in',
        (error: unknown) => (isPeerMeshError(error) ? error.occurrence.meta?.['reason'] : error),
      );
    const { key, secret } = await administration.createJoinKey({ id: 'crew', usesMax: 1 }, OPERATOR);
    assert.equal(key.usesLeft, 1);
    assert.equal(JSON.stringify(administration.joinKeys()).includes(secret), false);
    await assert.rejects(administration.createJoinKey({ id: 'crew' }, OPERATOR), (error) =>
      hasErrorCode(error, 'PM_MESH_REFUSED'),
    );
    const { secret: revoked } = await administration.createJoinKey({ id: 'old' }, OPERATOR);
    await administration.revokeJoinKey('old', OPERATOR);
    await assert.rejects(administration.revokeJoinKey('old', OPERATOR), (error) =>
      hasErrorCode(error, 'PM_COMMON_NOT_FOUND'),
    );
    assert.equal(await refusal(revoked), 'key-wrong');
    assert.equal(await figure(first!, 'mesh_admissions_refused', 'key-wrong'), 1);
    assert.equal(await refusal(secret), 'in');
    assert.deepEqual(
      administration.joinKeys().map(({ id, state }) => [id, state]),
      [
        ['crew', 'used_up'],
        ['first', 'active'],
      ],
    );
    await first!.open.runtime.evict('quay-9', { operator: OPERATOR, override: false });
    await eventually(() => assert.equal(newcomer.open.runtime.status().state, 'idle'));
    assert.equal(await refusal(secret), 'evicted');
    await administration.readmit(nodeIdOf(newcomer), OPERATOR);
    assert.equal(await refusal(secret), 'key-used-up');
    const { version } = administration.joinPolicy();
    await administration.setJoinPolicy('closed', version, OPERATOR);
    await assert.rejects(administration.setJoinPolicy('open', version, OPERATOR), (error) =>
      hasErrorCode(error, 'PM_COMMON_VERSION_CONFLICT'),
    );
    assert.equal(await refusal(secret), 'mesh-closed');
    await administration.admit(nodeIdOf(newcomer), 'by hand', OPERATOR);
    assert.equal(await refusal(''), 'in');
    const decisions = first!.facts.flatMap((fact) => (fact.kind === 'decision' ? [fact.data] : []));
    for (const decision of ['join_key_added', 'join_key_removed', 'node_readmitted', 'node_listed'] as const)
      assert.ok(
        decisions.some((one) => one.decision === decision && one.operator === OPERATOR),
        decision,
      );
  });

  it('settings are changed by whoever has read them last', async () => {
    const { administration } = nodes[0]!.open;
    await settled();
    const name = { space: 'parameter', key: 'pace' } as const;
    const set = await administration.changeSetting(name, '5', 0, OPERATOR);
    await assert.rejects(administration.changeSetting(name, '6', 0, OPERATOR), (error) =>
      hasErrorCode(error, 'PM_COMMON_VERSION_CONFLICT'),
    );
    await eventually(() => assert.deepEqual(nodes[1]!.open.administration.setting(name), set));
    await administration.changeSetting(name, null, set!.version, OPERATOR);
    assert.throws(
      () => administration.setting(name),
      (error) => hasErrorCode(error, 'PM_COMMON_NOT_FOUND'),
    );
  });

  it('a node that starts while the one it joined through is gone finds the others that it knew', async () => {
    const [first, second, , , newcomer] = nodes;
    await eventually(() => assert.ok(isLinked(newcomer!, second!)));
    newcomer!.open.reload();
    await first!.open.stop();
    await newcomer!.restart();
    await eventually(() => assert.ok(isLinked(newcomer!, second!)));
    await first!.reopen();
  });
});
