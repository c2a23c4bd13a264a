import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions, nextVersion } from '../../../src/link-state/advertisement.ts';
import { decodeAdvertisement, encodeAdvertisement, LINKS_MAX } from '../../../src/link-state/advertisement-codec.ts';
import { isSignatureValid, parseSigned, signAdvertisement } from '../../../src/link-state/signing.ts';
import { advertisedLink, advertisement, randomAdvertisement } from '../../support/advertisements.ts';
import { TestKeys } from '../../support/keys.ts';
import { integerBetween, seededRandom } from '../../support/random.ts';

test('an advertisement survives its encoding, and equal content has equal bytes', () => {
  for (let seed = 1; seed <= 500; seed += 1) {
    const original = randomAdvertisement(seededRandom(seed));
    const bytes = encodeAdvertisement(original);
    assert.deepEqual(decodeAdvertisement(bytes), original, `seed ${seed}`);
    assert.deepEqual(encodeAdvertisement(decodeAdvertisement(bytes) as typeof original), bytes, `seed ${seed}`);
  }
});

test('an advertisement with as many links as fit survives its encoding', () => {
  const links = Array.from({ length: LINKS_MAX }, (_, index) =>
    advertisedLink(index, { riskGroups: [1, 2, index + 3] }),
  );
  const original = advertisement(1, { links });
  assert.deepEqual(decodeAdvertisement(encodeAdvertisement(original)), original);
  assert.throws(() => encodeAdvertisement({ ...original, links: [...links, advertisedLink(LINKS_MAX)] }), RangeError);
});

test('whatever decodes has exactly the bytes that encode it: garbage is refused by name and never throws', () => {
  const faults = new Map<string, number>();
  for (let seed = 1; seed <= 20_000; seed += 1) {
    const random = seededRandom(seed);
    const bytes = encodeAdvertisement(randomAdvertisement(seededRandom(seed % 50)));
    const cut = bytes.slice(0, random() < 0.5 ? bytes.length : integerBetween(random, 0, bytes.length));
    for (let flips = integerBetween(random, 0, 3); flips > 0 && cut.length > 0; flips -= 1) {
      cut[integerBetween(random, 0, cut.length - 1)] = integerBetween(random, 0, 255);
    }
    const decoded = decodeAdvertisement(cut);
    if (typeof decoded === 'string') faults.set(decoded, (faults.get(decoded) ?? 0) + 1);
    else assert.deepEqual(encodeAdvertisement(decoded), cut, `seed ${seed}`);
  }
  assert.deepEqual([...faults.keys()].sort(), ['not-canonical', 'oversize', 'trailing', 'truncated', 'version']);
});

test('links out of order are not encoded', () => {
  const links = [advertisedLink(2), advertisedLink(1)];
  assert.throws(() => encodeAdvertisement(advertisement(9, { links })), RangeError);
  const repeated = [advertisedLink(2), advertisedLink(2)];
  assert.throws(() => encodeAdvertisement(advertisement(9, { links: repeated })), RangeError);
});

test('a signature holds for its origin and its bytes only', () => {
  const keys = new TestKeys();
  const signer = keys.signerFor(1);
  const signed = signAdvertisement(advertisement(1, { links: [advertisedLink(2)] }), signer);
  const parsed = parseSigned(signed.bytes);
  assert.ok(typeof parsed !== 'string');
  assert.equal(isSignatureValid(parsed, signer), true);
  for (let at = 0; at < signed.bytes.length; at += 1) {
    const forged = signed.bytes.slice();
    forged[at]! ^= 1;
    const read = parseSigned(forged);
    assert.ok(typeof read === 'string' || !isSignatureValid(read, signer), `byte ${at}`);
  }
  assert.equal(isSignatureValid(signAdvertisement(advertisement(2), signer), signer), false, 'signed by another key');
});

test('a later start outranks every sequence number of an earlier one', () => {
  assert.ok(compareVersions({ epoch: 2, seq: 1 }, { epoch: 1, seq: 0xffff_ffff }) > 0);
  assert.ok(compareVersions({ epoch: 1, seq: 2 }, { epoch: 1, seq: 3 }) < 0);
  assert.equal(compareVersions({ epoch: 1, seq: 2 }, { epoch: 1, seq: 2 }), 0);
  assert.deepEqual(nextVersion({ epoch: 1, seq: 0xffff_ffff }), { epoch: 2, seq: 1 });
});
