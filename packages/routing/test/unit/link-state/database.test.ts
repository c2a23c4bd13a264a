import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Advertisement, NodeFlag } from '../../../src/link-state/advertisement.ts';
import { LinkStateDatabase, type Offer } from '../../../src/link-state/database.ts';
import { signAdvertisement } from '../../../src/link-state/signing.ts';
import { advertisedLink, advertisement } from '../../support/advertisements.ts';
import { TestKeys } from '../../support/keys.ts';

function setUp(members = new Set([1, 2, 3])) {
  const keys = new TestKeys();
  const isMember = (id: number): boolean => members.has(id);
  const database = new LinkStateDatabase({ lifetimeMaxMs: 180_000 }, { isMember }, keys.signerFor(9));
  const signed = (origin: number, changes: Partial<Advertisement> = {}, by = origin): Uint8Array =>
    signAdvertisement(advertisement(origin, changes), keys.signerFor(by)).bytes;
  return { keys, members, database, signed };
}

const reasonOf = (offer: Offer): string => (offer.outcome === 'refused' ? offer.reason : offer.outcome);
const version = (epoch: number, seq: number) => ({ version: { epoch, seq } });

test('what a stranger says is refused before its signature is looked at', () => {
  const { keys, database, signed } = setUp();
  assert.equal(reasonOf(database.offer(0, signed(7))), 'not-a-member');
  assert.equal(keys.verifications, 0);
});

test('a forged, an altered and a garbled advertisement are refused, and the installed one stays', () => {
  const { database, signed } = setUp();
  database.offer(0, signed(1, version(1, 5)));
  assert.equal(reasonOf(database.offer(1, signed(1, version(1, 6), 2))), 'forged');
  const altered = signed(1, version(1, 6));
  altered[20]! ^= 1;
  assert.equal(reasonOf(database.offer(1, altered)), 'forged');
  assert.equal(reasonOf(database.offer(1, altered.subarray(0, 40))), 'truncated');
  assert.equal(reasonOf(database.offer(1, signed(1, { ...version(1, 5), region: 9 }))), 'conflict');
  assert.equal(database.get(1)?.advertisement.version.seq, 5);
});

test('a replayed older advertisement is refused without a look at its signature, and answered by the newer one', () => {
  const { keys, database, signed } = setUp();
  const old = signed(1, version(1, 900));
  database.offer(0, old);
  assert.equal(reasonOf(database.offer(1, signed(1, version(2, 1)))), 'installed');
  const before = keys.verifications;
  const replay = database.offer(2, old);
  assert.equal(reasonOf(replay), 'older');
  assert.equal(replay.outcome === 'refused' && replay.newer?.advertisement.version.epoch, 2);
  assert.equal(keys.verifications, before);
});

test('a copy costs no verification, and a refresh is told from a change', () => {
  const { keys, database, signed } = setUp();
  const links = [advertisedLink(2)];
  const bytes = signed(1, { ...version(1, 1), links });
  database.offer(0, bytes);
  assert.equal(reasonOf(database.offer(1, bytes)), 'duplicate');
  assert.equal(keys.verifications, 1);
  const refresh = database.offer(2, signed(1, { ...version(1, 2), links }));
  assert.equal(refresh.outcome === 'installed' && refresh.hasChanged, false);
  const change = database.offer(3, signed(1, { ...version(1, 3), links, flags: NodeFlag.RELAY | NodeFlag.DRAIN }));
  assert.equal(change.outcome === 'installed' && change.hasChanged, true);
});

test('an advertisement that is not repeated is believed for its lifetime, and the same version never again', () => {
  const { database, signed } = setUp();
  const bytes = signed(1, { ...version(1, 4), lifetimeMs: 90_000 });
  database.offer(0, bytes);
  database.offer(0, signed(2, { lifetimeMs: 0xffff_ffff }));
  assert.deepEqual(database.expire(89_999), []);
  assert.deepEqual(database.expire(90_000), [1]);
  const late = database.offer(91_000, bytes);
  assert.equal(reasonOf(late), 'expired');
  assert.deepEqual(late.outcome === 'refused' && late.spent, { origin: 1, version: { epoch: 1, seq: 4 } });
  assert.deepEqual(database.expire(180_000), [2], 'no lifetime is longer than the limit');
  assert.equal(reasonOf(database.offer(200_000, signed(1, version(1, 5)))), 'installed');
});

test('a node that is no longer a member is forgotten at once', () => {
  const { database, members, signed } = setUp();
  database.offer(0, signed(1));
  database.offer(0, signed(2));
  members.delete(1);
  assert.deepEqual(database.removeStrangers(), [1]);
  assert.equal(reasonOf(database.offer(1, signed(1, version(9, 9)))), 'not-a-member');
});

test('databases with the same entries have the same digest whatever happened before, others differ in its buckets', () => {
  const a = setUp();
  const b = setUp();
  a.database.offer(0, a.signed(1, version(1, 1)));
  a.database.offer(0, a.signed(2, version(1, 1)));
  a.database.offer(0, a.signed(1, version(1, 2)));
  b.database.offer(0, b.signed(1, version(1, 2)));
  assert.equal(a.database.digest.differences(b.database.digest.sums()).length, 1);
  b.database.offer(0, b.signed(2, version(1, 1)));
  assert.deepEqual(a.database.digest.differences(b.database.digest.sums()), []);
});
