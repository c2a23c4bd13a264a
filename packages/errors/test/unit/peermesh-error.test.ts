import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commonErrors, errorFromProblem, hasErrorCode, isPeerMeshError, PeerMeshError } from '../../src/index.ts';

test('what is internal stays out of the problem', () => {
  const cause = new Error('connect ECONNREFUSED 10.0.0.7:5432');
  const error = commonErrors.unavailable({ internal: 'pool is empty', cause, retryAfterSeconds: 2 });
  const text = JSON.stringify(error.toProblem({ instance: '/api/v1/search', requestId: 'r1' }));
  assert.ok(!text.includes('pool') && !text.includes('10.0.0.7'), text);
  assert.equal(error.cause, cause);
  assert.deepEqual(JSON.parse(text), {
    type: '/docs/errors/PM_COMMON_UNAVAILABLE',
    title: 'The service cannot answer now',
    status: 503,
    code: 'PM_COMMON_UNAVAILABLE',
    retryAfterSeconds: 2,
    instance: '/api/v1/search',
    requestId: 'r1',
  });
});

test('extension members cannot replace the standard ones', () => {
  const problem = commonErrors.conflict({ meta: { status: 200, code: 'X', currentVersion: 3 } }).toProblem();
  assert.equal(problem.status, 409);
  assert.equal(problem.code, 'PM_COMMON_CONFLICT');
  assert.equal(problem['currentVersion'], 3);
});

test('an error survives the way through JSON', () => {
  const sent = commonErrors.versionConflict({ detail: 'Version 2 is current.', meta: { currentVersion: 2 } });
  const received = errorFromProblem(JSON.parse(JSON.stringify(sent.toProblem({ requestId: 'r1' }))), 409);
  assert.ok(hasErrorCode(received, 'PM_COMMON_VERSION_CONFLICT'));
  assert.equal(received.message, 'Version 2 is current.');
  assert.deepEqual(received.occurrence.meta, { currentVersion: 2, requestId: 'r1' });
  assert.deepEqual(received.toProblem(), { ...sent.toProblem(), requestId: 'r1' });
});

test('a code of a newer server is kept', () => {
  const received = errorFromProblem({ code: 'PM_FUTURE_THING', title: 'New', status: 418 }, 418);
  assert.ok(hasErrorCode(received, 'PM_FUTURE_THING'));
  assert.equal(received.status, 418);
});

test('what is not a problem of PeerMesh is not taken for one', () => {
  for (const value of [null, 'Bad Gateway', 502, [], {}, { code: 7 }, { title: 'x', status: 500 }]) {
    assert.equal(errorFromProblem(value, 502), null);
  }
});

test('an error of another copy of the package is recognised', () => {
  const foreign = Object.assign(new Error('x'), { [Symbol.for('peermesh.error')]: true, code: 'PM_COMMON_NOT_FOUND' });
  assert.ok(isPeerMeshError(foreign));
  assert.ok(!(foreign instanceof PeerMeshError));
  assert.ok(hasErrorCode(foreign, 'PM_COMMON_NOT_FOUND'));
  assert.ok(!isPeerMeshError(new Error('PM_COMMON_NOT_FOUND')));
});
