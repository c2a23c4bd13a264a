import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ControlState, emptyState } from '@peermesh/replication';
import { RevocationBook } from '../../src/runtime/revocations.ts';
import type { KeptRevocations } from '../../src/store/index.ts';

function stateOf(incarnation: string, nodes: readonly string[], certificates: readonly string[] = []): ControlState {
  const pairs = (names: readonly string[]) => new Map(names.map((name) => [name, '']));
  return {
    ...emptyState(),
    incarnation,
    revokedIdentities: pairs(nodes),
    revokedCertificates: pairs(certificates),
  };
}

test('who is revoked stays so when the state is behind, as it is after a start', () => {
  const kept: KeptRevocations[] = [];
  const book = new RevocationBook(null, (revocations) => kept.push(revocations));
  assert.equal(book.follow(stateOf('i', ['thief'], ['AB'])), true);
  assert.equal(book.follow(stateOf('i', ['thief'], ['AB'])), false);
  const again = new RevocationBook(kept.at(-1)!, () => assert.fail('nothing is new'));
  for (const behind of [stateOf('', []), stateOf('i', [])]) {
    assert.equal(again.follow(behind), false);
    assert.deepEqual([again.isRevoked('thief', null), again.isRevoked('x', 'AB')], [true, true]);
  }
});

test('revocations of another mesh mean nothing', () => {
  const book = new RevocationBook({ incarnation: 'i', nodeIds: ['thief'], serialNumbers: ['AB'] }, () => undefined);
  assert.equal(book.follow(stateOf('j', [], ['CD'])), true);
  assert.deepEqual(
    [book.isRevoked('thief', 'AB'), book.isRevoked('thief', null), book.isRevoked('thief', 'CD')],
    [false, false, true],
  );
});

test('the list of the authority counts besides what the mesh decides', () => {
  const book = new RevocationBook(null, () => undefined);
  book.list({ nodeIds: ['thief'], serialNumbers: ['AB'] });
  book.follow(stateOf('i', ['other']));
  assert.deepEqual(
    ['thief', 'other', 'good'].map((nodeId) => book.isRevoked(nodeId, null)),
    [true, true, false],
  );
  assert.equal(book.isRevoked('good', 'AB'), true);
});
