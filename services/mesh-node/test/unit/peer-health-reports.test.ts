import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PeerHealthReports } from '../../src/runtime/peer-health-reports.ts';

describe('what others are told of the health of peers', () => {
  it('is the first change at once, and each once', () => {
    const reports = new PeerHealthReports();
    reports.changed('quay-1', false);
    assert.deepEqual(reports.takeDue(0), [{ peer: 'quay-1', isHealthy: false }]);
    assert.deepEqual(reports.takeDue(20_000), []);
    reports.changed('quay-1', true);
    assert.deepEqual(reports.takeDue(20_000), [{ peer: 'quay-1', isHealthy: true }]);
  });

  it('is at most one word in ten seconds for a peer that flaps a hundred times, and the last state in the end', () => {
    const reports = new PeerHealthReports();
    const told: [number, boolean][] = [];
    for (let ms = 0; ms <= 60_000; ms += 100) {
      if (ms < 30_000) reports.changed('quay-1', (ms / 100) % 2 === 1);
      for (const { isHealthy } of reports.takeDue(ms)) told.push([ms, isHealthy]);
    }
    for (const [index, [ms, isHealthy]] of told.entries()) {
      const before = told[index - 1];
      assert.ok(before === undefined || (ms - before[0] >= 10_000 && isHealthy !== before[1]));
    }
    assert.ok(told.length >= 2 && told.length <= 5, String(told.length));
    assert.equal(told.at(-1)![1], true);
  });

  it('is nothing of a flap that is over before it may be told', () => {
    const reports = new PeerHealthReports();
    reports.changed('quay-1', false);
    reports.takeDue(0);
    reports.changed('quay-1', true);
    assert.deepEqual(reports.takeDue(5_000), []);
    reports.changed('quay-1', false);
    assert.deepEqual(reports.takeDue(15_000), []);
    reports.changed('quay-2', true);
    assert.deepEqual(reports.takeDue(15_000), []);
  });

  it('begins anew for a peer that was forgotten', () => {
    const reports = new PeerHealthReports();
    reports.changed('quay-1', false);
    reports.takeDue(0);
    reports.forget('quay-1');
    reports.changed('quay-1', false);
    assert.deepEqual(reports.takeDue(1), [{ peer: 'quay-1', isHealthy: false }]);
  });
});
