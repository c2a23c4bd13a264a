import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzFrames } from '../../src/index.ts';

test('100,000 generated inputs: none makes a decoder throw, over-read or take what is malformed', () => {
  const report = fuzzFrames(1, 100_000);
  assert.equal(report.inputs, 100_000);
  assert.ok(report.accepted > 20_000, `accepted ${report.accepted}`);
  const reasons = Object.keys(report.refused);
  for (const reason of ['truncated', 'oversize', 'bad_version', 'bad_lane', 'bad_epoch', 'bad_count', 'bad_length'])
    assert.ok(reasons.includes(reason), `${reason} was never met: ${reasons}`);
  for (const reason of ['bad_type', 'bad_flags', 'bad_ttl', 'bad_class', 'bad_segments', 'bad_fragment', 'full'])
    assert.ok(reasons.includes(reason), `${reason} was never met: ${reasons}`);
});

test('the same seed makes the same inputs', () => {
  assert.deepEqual(fuzzFrames(42, 2_000), fuzzFrames(42, 2_000));
});
