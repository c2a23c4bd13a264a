import type { MeshEvent } from '@peermesh/mesh-core';
import type { Fact } from '../facts/fact.ts';

type Decision = (Fact & { kind: 'decision' })['data'];

const ADMISSIONS = {
  'join-key-added': 'join_key_added',
  'join-key-removed': 'join_key_removed',
  listed: 'node_listed',
  unlisted: 'node_unlisted',
  readmitted: 'node_readmitted',
} as const;

/** What an operator decided by a change; null for changes that are told otherwise, and for what the mesh did by itself. */
export function decisionOf(event: Extract<MeshEvent, { kind: 'changed' }>, meshId: string): Decision | null {
  const { change, by, index } = event;
  const made = (decision: Decision['decision'], about: string): Decision => {
    return { meshId, decision, about, operator: by.operator, node: by.actor, index };
  };
  if (by.actor === 0) return null;
  switch (change.kind) {
    case 'admission-changed':
      return made(ADMISSIONS[change.what], change.subject);
    case 'identity-revoked':
      return made('node_revoked', change.nodeId);
    case 'certificate-revoked':
      return made('certificate_revoked', change.certificate);
    case 'policy-changed':
      return made('join_policy_changed', change.policy.toLowerCase());
    case 'setting-changed':
      return made('setting_changed', `${change.space}/${change.key}`);
    case 'keys-installed':
      return by.operator === '' ? null : made('key_epoch_begun', String(change.epoch));
    default:
      return null;
  }
}
