/** Life of a signing key: published, signing, only verifying, gone. */
export type KeyState = 'next' | 'active' | 'retiring' | 'retired';
export type KeyAlgorithm = 'EdDSA' | 'ES256';
export const KEY_ALGORITHMS: readonly KeyAlgorithm[] = ['EdDSA', 'ES256'];

/** What rotation looks at. */
export interface RotatingKey {
  readonly kid: string;
  readonly algorithm: KeyAlgorithm;
  readonly state: KeyState;
  readonly createdAt: Date;
  readonly activatedAt: Date | null;
  readonly retiringAt: Date | null;
}

export interface RotationPolicy {
  /** How long a key signs. */
  readonly activeMs: number;
  /** How long a key is published before it signs, so that every verifier has it. */
  readonly publishAheadMs: number;
  /** How long a key verifies after it has stopped signing: token lifetime, clock skew and one hour. */
  readonly retireAfterMs: number;
}

export type RotationStep =
  | { readonly do: 'create'; readonly state: 'next' | 'active' }
  | { readonly do: 'move'; readonly kid: string; readonly to: Exclude<KeyState, 'next'> };

/** The steps that are due for the keys of one algorithm, in the order in which they must be taken. */
export function dueSteps(
  keys: readonly RotatingKey[],
  now: Date,
  policy: RotationPolicy,
  isForced = false,
): RotationStep[] {
  const steps: RotationStep[] = [];
  const active = keys.find((key) => key.state === 'active');
  const next = keys.find((key) => key.state === 'next');
  const ageMs = (since: Date | null): number =>
    since === null ? Number.POSITIVE_INFINITY : now.getTime() - since.getTime();
  for (const key of keys) {
    if (key.state === 'retiring' && ageMs(key.retiringAt) >= policy.retireAfterMs) {
      steps.push({ do: 'move', kid: key.kid, to: 'retired' });
    }
  }
  if (active === undefined) {
    steps.push(next === undefined ? { do: 'create', state: 'active' } : { do: 'move', kid: next.kid, to: 'active' });
    steps.push({ do: 'create', state: 'next' });
    return steps;
  }
  if (next === undefined) {
    steps.push({ do: 'create', state: 'next' });
    return steps;
  }
  const isDue = ageMs(active.activatedAt) >= policy.activeMs && ageMs(next.createdAt) >= policy.publishAheadMs;
  if (isDue || isForced) {
    steps.push(
      { do: 'move', kid: active.kid, to: 'retiring' },
      { do: 'move', kid: next.kid, to: 'active' },
      { do: 'create', state: 'next' },
    );
  }
  return steps;
}

const HOUR_MS = 3_600_000;

/** The policy for keys that sign for some days, and tokens that live for some seconds. */
export function rotationPolicyOf(activeDays: number, tokenTtlSeconds: number): RotationPolicy {
  return {
    activeMs: activeDays * 24 * HOUR_MS,
    publishAheadMs: 24 * HOUR_MS,
    retireAfterMs: tokenTtlSeconds * 1000 + HOUR_MS,
  };
}
