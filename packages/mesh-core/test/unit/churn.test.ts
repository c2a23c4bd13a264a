import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlStateFlaws } from '@peermesh/replication';
import { MeshNet } from '../support/mesh-net.ts';

const SEEDS = 5;
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

/**
 * Kills, restarts, cuts and commands at random. Each member raises a setting that it knows; what was answered as done must be there
 * in the end, nothing may be there twice, and after healing all are one mesh again.
 */
function churn(seed: number): void {
  const net = new MeshNet(NAMES, { seed }).form();
  const pick = <T>(list: readonly T[]): T => list[Math.floor(net.random() * list.length)] as T;
  const done = new Set<string>();
  const asked: { readonly name: string; readonly key: string; readonly operationId: string; readonly life: number }[] =
    [];
  for (let step = 0; step < 60; step += 1) {
    const dice = net.random();
    const up = NAMES.filter((name) => net.node(name).isUp);
    if (dice < 0.08 && up.length > 4) net.kill(pick(up));
    else if (dice < 0.2) for (const name of NAMES) if (!net.node(name).isUp) net.restart(name);
    if (dice > 0.9) net.cut(pick(NAMES), pick(NAMES));
    else if (dice > 0.8) net.heal();
    const name = pick(up.filter((one) => net.node(one).isUp));
    const { core, life } = net.node(name);
    const key = `k${step}`;
    const body = { kind: 'set', space: 'parameter', key, value: name, expectedVersion: 0 } as const;
    asked.push({ name, key, operationId: core.command(body, { timeoutMs: 8_000 }, net.nowMs), life });
    net.run(Math.floor(net.random() * 700));
  }
  net.heal();
  for (const name of NAMES) if (!net.node(name).isUp) net.restart(name);
  net.run(9_000);
  const tookMs = net.converge(60_000);
  assert.ok(tookMs < 60_000, `${tookMs} ms`);
  const isHealthy = (): boolean =>
    net.members().every(({ core }) => core.session?.plane.health(net.nowMs) === 'HEALTHY');
  net.until('everybody is seen by everybody', isHealthy);
  let refused = 0;
  for (const { name, key, operationId, life } of asked) {
    const outcome = net.node(name).life === life ? net.node(name).outcomes.get(operationId) : undefined;
    if (outcome?.kind === 'done') done.add(key);
    if (outcome?.kind === 'refused') {
      refused += 1;
      assert.equal(outcome.reason, 'mesh-critical');
    }
    if (outcome?.kind === 'not-taken') {
      assert.equal(
        net.node('a').core.session?.plane.state.parameters.has(key),
        false,
        `${key} was not taken, and is there`,
      );
    }
  }
  for (const { core, name } of net.members()) {
    const state = core.session?.plane.state;
    assert.ok(state !== undefined, name);
    for (const key of done) assert.ok(state.parameters.has(key), `${key} is lost at ${name}`);
    // Every version was given to one setting: none was set twice.
    assert.equal(state.settingVersion, state.parameters.size);
    assert.deepEqual(controlStateFlaws(state), []);
    assert.equal(state.members.size, NAMES.length);
  }
  // Who asked may have been killed since, and its outcomes with it.
  const lived = asked.filter(({ name, life }) => net.node(name).life === life).length;
  assert.ok(done.size > lived / 2, `only ${done.size} of ${lived} were done, ${refused} refused`);
}

test('under kills, restarts and cuts nothing that was done is lost or done twice, and all come together again', () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    try {
      churn(seed);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});
