import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialConfiguration } from '@peermesh/consensus';
import { meshHealth, planVoters, type VoterView, voterTarget } from '@peermesh/replication';

const member = (shortId: number, changes: Partial<VoterView> = {}): VoterView => ({
  shortId,
  region: 'north',
  isDraining: false,
  isDeparting: false,
  unreachableSinceMs: null,
  isCaughtUp: true,
  ...changes,
});

function plan(voters: readonly number[], learners: readonly number[], members: readonly VoterView[], nowMs = 100_000) {
  const configuration = { ...initialConfiguration(voters), learners };
  const changes = planVoters({ configuration, leader: voters[0] ?? 0, members, nowMs, graceMs: 30_000 });
  return changes.map(({ kind, replica }) => `${kind} ${replica}`);
}

test('two vote in a mesh of two, else an odd number of at most seven', () => {
  const targets = [1, 2, 3, 4, 5, 6, 7, 8, 9, 50].map(voterTarget);
  assert.deepEqual(targets, [1, 2, 3, 3, 5, 5, 7, 7, 7, 7]);
});

test('a new member is a learner first and votes when it has caught up', () => {
  assert.deepEqual(plan([1], [], [member(1), member(2)]), ['add-learner 2']);
  assert.deepEqual(plan([1], [2], [member(1), member(2, { isCaughtUp: false })]), []);
  assert.deepEqual(plan([1], [2], [member(1), member(2)]), ['add-voter 2']);
});

test('whoever is about to be removed loses its vote, and a learner that is ready takes it; the leader keeps its own', () => {
  const members = [member(1), member(2), member(3, { isDeparting: true }), member(4)];
  assert.deepEqual(plan([1, 2, 3], [4], members), ['add-learner 3', 'add-voter 4']);
  assert.deepEqual(plan([1, 2], [], [member(1), member(2, { isDeparting: true })]), ['add-learner 2']);
  assert.deepEqual(plan([1, 2], [3], [member(1), member(2), member(3, { isDeparting: true })]), []);
  assert.deepEqual(plan([1, 2], [], [member(1, { isDeparting: true }), member(2)]), []);
});

test('the fourth member stays a learner, the fifth brings both their vote', () => {
  const four = [1, 2, 3, 4].map((id) => member(id));
  assert.deepEqual(plan([1, 2, 3], [4], four), []);
  const waiting = [...four, member(5, { isCaughtUp: false })];
  assert.deepEqual(plan([1, 2, 3], [4, 5], waiting), []);
  assert.deepEqual(plan([1, 2, 3], [4, 5], [...four, member(5)]), ['add-voter 4', 'add-voter 5']);
});

test('a voter that is away for longer than the grace is replaced by a learner that has caught up', () => {
  const away = (sinceMs: number) => [member(1), member(2), member(3, { unreachableSinceMs: sinceMs }), member(4)];
  assert.deepEqual(plan([1, 2, 3], [4], away(80_000)), []);
  assert.deepEqual(plan([1, 2, 3], [4], away(70_000)), ['add-learner 3', 'add-voter 4']);
});

test('a voter that is away keeps its vote when nobody can take it over', () => {
  const members = [member(1), member(2), member(3, { unreachableSinceMs: 0 })];
  assert.deepEqual(plan([1, 2, 3], [], members), []);
  const behind = [...members, member(4, { isCaughtUp: false })];
  assert.deepEqual(plan([1, 2, 3], [4], behind), []);
});

test('of two voters that are away, the one that can be replaced is', () => {
  const gone = { unreachableSinceMs: 0 };
  const members = [member(1), member(2), member(3), member(4, gone), member(5, gone), member(6)];
  assert.deepEqual(plan([1, 2, 3, 4, 5], [6], members), ['add-learner 5', 'add-voter 6']);
});

test('a draining voter gives its vote away at once', () => {
  const members = [member(1), member(2, { isDraining: true }), member(3), member(4)];
  assert.deepEqual(plan([1, 2, 3], [4], members), ['add-learner 2', 'add-voter 4']);
});

test('who is no member any more leaves the group, and the number of voters stays odd', () => {
  const members = [1, 2, 3, 4].map((id) => member(id));
  assert.deepEqual(plan([1, 2, 3, 4, 5], [], members), ['remove 5', 'add-learner 4']);
  assert.deepEqual(
    plan(
      [1, 2, 3],
      [4],
      [1, 2, 4].map((id) => member(id)),
    ),
    ['remove 3', 'add-voter 4'],
  );
});

test('the leader is neither removed nor does it lose its vote', () => {
  assert.deepEqual(plan([1, 2, 3], [], [member(2), member(3)]), []);
  const draining = [member(1, { isDraining: true }), member(2), member(3), member(4)];
  assert.deepEqual(plan([1, 2, 3], [4], draining), []);
});

test('votes spread over regions, with no move for nothing', () => {
  const members = [member(1), member(2), member(3), member(4, { region: 'south' })];
  assert.deepEqual(plan([1, 2, 3], [4], members), ['add-learner 3', 'add-voter 4']);
  assert.deepEqual(plan([1, 2, 4], [3], members), []);
});

test('nothing is changed while a change is under way', () => {
  const configuration = { ...initialConfiguration([1, 2]), outgoing: [1] };
  const situation = { configuration, leader: 1, members: [member(1)], nowMs: 0, graceMs: 0 };
  assert.deepEqual(planVoters(situation), []);
});

test('any situation comes to rest within a few steps', () => {
  for (let seed = 1; seed <= 400; seed += 1) {
    let state = seed * 2_654_435_761;
    const pick = (count: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * count);
    };
    const members = Array.from({ length: 1 + pick(12) }, (_, index) =>
      member(index + 1, {
        region: `r${pick(3)}`,
        isDraining: pick(6) === 0,
        unreachableSinceMs: pick(4) === 0 ? 0 : null,
      }),
    );
    let voters = [1];
    let learners: number[] = [];
    let steps = 0;
    for (; steps < 12; steps += 1) {
      const changes = plan(voters, learners, members);
      if (changes.length === 0) break;
      for (const change of changes) {
        const [kind, id] = change.split(' ');
        const replica = Number(id);
        voters = voters.filter((other) => other !== replica);
        learners = learners.filter((other) => other !== replica);
        if (kind === 'add-voter') voters = [...voters, replica].sort((a, b) => a - b);
        if (kind === 'add-learner') learners = [...learners, replica].sort((a, b) => a - b);
      }
      assert.ok(voters.includes(1), `seed ${seed}: the leader lost its vote`);
      assert.ok(voters.length <= voterTarget(members.length), `seed ${seed}: too many voters`);
    }
    assert.ok(steps < 12, `seed ${seed} does not come to rest`);
  }
});

test('half of the members away is critical, fewer is degraded', () => {
  const health = [
    [3, 0],
    [3, 1],
    [4, 2],
    [3, 2],
    [2, 1],
    [1, 0],
  ].map(([n, away]) => meshHealth(n ?? 0, away ?? 0));
  assert.deepEqual(health, ['HEALTHY', 'DEGRADED', 'CRITICAL', 'CRITICAL', 'CRITICAL', 'HEALTHY']);
});
