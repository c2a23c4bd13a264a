import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ControlGroup, ControlGroupError, encodeCommand, LIMITS } from '@peermesh/replication';
import { admission, command, meshOf } from '../support/commands.ts';

test('a request that comes twice is done once and answered the same', () => {
  const mesh = meshOf('OPEN');
  const request = command(admission('b'), { basis: 1 });
  const first = mesh.append(request);
  const second = mesh.append(request);
  assert.deepEqual(second.result, first.result);
  assert.equal(first.changes.length, 1);
  assert.equal(second.changes.length, 0);
});

test('a request is never done twice, however late its copy comes', () => {
  const mesh = meshOf('OPEN', ['b']);
  const request = command({ kind: 'set', space: 'parameter', key: 'p', value: 'x', expectedVersion: 0 }, { basis: 2 });
  assert.equal(mesh.append(request).result.isDone, true);
  mesh.run({ kind: 'set', space: 'parameter', key: 'p', value: null, expectedVersion: 1 });
  for (let n = 0; n < LIMITS.requestWindow + 2; n += 1) {
    mesh.append(request);
    assert.equal(mesh.group.state.parameters.size, 0);
  }
  assert.deepEqual(mesh.append(request).result, { isDone: false, reason: 'request-too-old', value: 0 });
});

test('bytes of another version or kind stop the replica and change nothing', () => {
  const group = new ControlGroup();
  const data = encodeCommand(command(admission('b')));
  const before = group.snapshot();
  for (const bad of [new Uint8Array(0), data.subarray(0, 9), Uint8Array.of(2, ...data.subarray(1))]) {
    assert.throws(() => group.apply(1, bad), ControlGroupError);
  }
  assert.throws(() => group.restore(Uint8Array.of(9)), ControlGroupError);
  assert.deepEqual(group.snapshot(), before);
});

test('what no replica could read is not put into the log', () => {
  assert.throws(() => encodeCommand(command(admission('b', { region: 'x'.repeat(65) }))), RangeError);
});
