import type {
  EvictedNode,
  JoinKeyInfo,
  JoinPolicyState,
  KeyEpoch,
  MeshSetting,
  Revocation,
} from '@peermesh/contracts/mesh';
import type { ControlState, HeldJoinKey } from '@peermesh/replication';
import { policyOf } from './mesh-view.ts';

type State = Readonly<ControlState>;

/** A join key as the API shows it; its hash stays here. */
export function joinKeyOf({ key, uses }: HeldJoinKey, nowMs: number): JoinKeyInfo {
  const { id, expiresAtMs, usesMax } = key;
  const isExpired = expiresAtMs !== 0 && expiresAtMs <= nowMs;
  const isUsedUp = usesMax !== 0 && uses >= usesMax;
  return {
    id,
    expiresAt: expiresAtMs === 0 ? null : new Date(expiresAtMs).toISOString(),
    usesMax: usesMax === 0 ? null : usesMax,
    uses,
    usesLeft: usesMax === 0 ? null : Math.max(0, usesMax - uses),
    state: isExpired ? 'expired' : isUsedUp ? 'used_up' : 'active',
  };
}

export function joinKeysOf({ joinKeys }: State, nowMs: number): JoinKeyInfo[] {
  return Array.from(joinKeys.values(), (held) => joinKeyOf(held, nowMs)).sort(byId);
}

export function joinPolicyOf({ policy, policyVersion }: State): JoinPolicyState {
  return { joinPolicy: policyOf(policy), version: policyVersion };
}

export function evictionsOf({ evicted }: State): EvictedNode[] {
  return Array.from(evicted, ([nodeId, { note, atMs, operator }]) => ({
    nodeId,
    note,
    evictedAt: new Date(atMs).toISOString(),
    evictedBy: operator,
  }));
}

export function settingsOf({ configuration, parameters }: State): MeshSetting[] {
  const of = (space: MeshSetting['space'], settings: State['parameters']): MeshSetting[] =>
    Array.from(settings, ([key, setting]) => ({ space, key, ...setting })).sort((one, other) =>
      one.key < other.key ? -1 : 1,
    );
  return [...of('configuration', configuration), ...of('parameter', parameters)];
}

export function keyEpochOf(
  { keyEpoch, keyEpochAtMs, isKeyEpochDue, wrappedKeys }: State,
  heldEpoch: number | null,
): KeyEpoch {
  const holders = [...wrappedKeys].flatMap(([shortId, wrapped]) => (wrapped.length > 0 ? [shortId] : []));
  return {
    epoch: keyEpoch,
    installedAt: keyEpoch === 0 ? null : new Date(keyEpochAtMs).toISOString(),
    isDue: isKeyEpochDue,
    holders: holders.sort((one, other) => one - other),
    heldEpoch,
  };
}

export function revocationsOf({ revokedIdentities, revokedCertificates }: State): Revocation[] {
  const of = (kind: Revocation['kind'], revoked: ReadonlyMap<string, string>): Revocation[] =>
    Array.from(revoked, ([subject, note]) => ({ kind, subject, note }));
  return [...of('node', revokedIdentities), ...of('certificate', revokedCertificates)];
}

function byId(one: JoinKeyInfo, other: JoinKeyInfo): number {
  return one.id < other.id ? -1 : 1;
}
