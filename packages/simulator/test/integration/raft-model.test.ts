import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stopCoverage } from 'node:v8';
import { type ModelBug, RaftModel } from '../../src/model/raft-model.ts';
import { explore } from '../../src/model/search.ts';

// Counting what of the code runs makes a simulation twice as slow; unit tests run the same lines.
stopCoverage();

test('no state of three servers, one term and two entries breaks a rule, and all were seen', () => {
  const report = explore(new RaftModel({ terms: 1, entries: 2, reconfigurations: 0 }), 1_000_000);
  assert.equal(report.verdict, 'complete', report.violation ?? '');
  assert.ok(report.states > 30_000, `${report.states} states`);
});

test('none of the first 200,000 states of three terms, two entries and one reconfiguration breaks a rule', () => {
  const report = explore(new RaftModel({ terms: 3, entries: 2, reconfigurations: 1 }), 200_000);
  assert.equal(report.verdict, 'bounded', report.violation ?? '');
});

const BUGS: readonly [bug: ModelBug, rule: string, steps: number][] = [
  ['votes-twice', 'ElectionSafety', 6],
  ['acknowledges-before-fsync', 'CommittedIsDurable', 7],
  ['ignores-log-when-voting', 'LeaderCompleteness', 11],
  ['truncates-always', 'CommittedIsDurable', 9],
];

for (const [bug, rule, steps] of BUGS) {
  test(`a model that ${bug.replaceAll('-', ' ')} breaks ${rule} after ${steps} steps, the fewest there are`, () => {
    const report = explore(new RaftModel({ terms: 2, entries: 2, reconfigurations: 0, bug }), 200_000);
    assert.equal(report.violation, rule);
    assert.equal(report.trace.length, steps, report.trace.join('; '));
  });
}
