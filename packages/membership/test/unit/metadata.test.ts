import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMembership, MEMBERSHIP_PRESETS, membershipConfigFlaws } from '../../src/index.ts';
import { TestMesh } from '../harness/mesh.ts';
import { alive, Observer } from '../harness/observer.ts';

test('new metadata reaches everybody with a new version', () => {
  const mesh = new TestMesh();
  mesh.form(10);
  mesh.call('n2', (core) => core.setMetadata('zone=west', mesh.nowMs));
  mesh.call('n2', (core) => core.setMetadata('zone=east', mesh.nowMs));
  mesh.runUntil(() => mesh.core('n9').get('n2')?.metadata === 'zone=east', 2_000);
  mesh.run(2_000);
  for (const [id, { core }] of mesh.nodes) if (id !== 'n2') assert.equal(core.get('n2')?.metadataVersion, 2);
  assert.ok(mesh.events('n5', 'member_updated').length >= 1);
});

test('metadata over the limit is not published, and not taken from others', () => {
  const observer = new Observer(['a']);
  assert.throws(() => observer.core.setMetadata('é'.repeat(300), 0), RangeError);
  observer.gossip('a', alive('b', 0, 'key-b', 'x'.repeat(600)), alive('c', 0, 'key-c', 'x'.repeat(512)));
  assert.deepEqual(
    observer.core
      .members()
      .map(({ id }) => id)
      .sort(),
    ['a', 'c'],
  );
  assert.equal(observer.core.counters.refused.oversize, 1);
});

test('a member of which no protocol version is understood is not taken', () => {
  const observer = new Observer(['a']);
  const claim = alive('b', 0);
  if (claim.kind !== 'alive') return;
  observer.gossip('a', { ...claim, record: { ...claim.record, versionMin: 2, versionMax: 9 } });
  assert.equal(observer.core.get('b'), undefined);
  assert.equal(observer.core.counters.refused.incompatible_version, 1);
});

test('the presets are sound, and every flaw of a configuration is named', () => {
  for (const preset of Object.values(MEMBERSHIP_PRESETS)) assert.deepEqual(membershipConfigFlaws(preset), []);
  const config = { ...MEMBERSHIP_PRESETS.lan, probeIntervalMs: 0, suspicionMaxFactor: 0.5, packetBytesMax: 100 };
  assert.equal(membershipConfigFlaws(config).length, 4);
  const self = { id: 'two words', address: '', identity: 'k' };
  assert.throws(
    () => createMembership({ meshId: 'm', self, config, random: () => 0, now: 0 }),
    /probeIntervalMs.*suspicionMaxFactor.*packetBytesMax.*id must.*address must/s,
  );
});
