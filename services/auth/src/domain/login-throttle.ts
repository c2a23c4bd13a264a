/** How often something may be tried before it has to wait. */
export interface ThrottlePolicy {
  /** Attempts without success before the first wait. */
  readonly freeAttempts: number;
  readonly firstWaitMs: number;
  /** Waits double up to this. */
  readonly longestWaitMs: number;
  /** Without an attempt for so long, everything is forgotten. */
  readonly memoryMs: number;
}

/** What is remembered about one account or address. */
export interface ThrottleRecord {
  readonly attempts: number;
  readonly blockedUntil: Date | null;
  readonly forgottenAt: Date;
}

/** Attempts on one account. */
export const ACCOUNT_POLICY: ThrottlePolicy = {
  freeAttempts: 5,
  firstWaitMs: 15_000,
  longestWaitMs: 15 * 60_000,
  memoryMs: 60 * 60_000,
};

/** Attempts from one network address; many people may share one. */
export const ADDRESS_POLICY: ThrottlePolicy = {
  freeAttempts: 60,
  firstWaitMs: 30_000,
  longestWaitMs: 15 * 60_000,
  memoryMs: 15 * 60_000,
};

/** Registrations from one network address. */
export const REGISTRATION_POLICY: ThrottlePolicy = {
  freeAttempts: 20,
  firstWaitMs: 60_000,
  longestWaitMs: 60 * 60_000,
  memoryMs: 60 * 60_000,
};

/** The verdict on one attempt. */
export interface Admission {
  /** Null when the attempt may go on. */
  readonly waitMs: number | null;
  /** Whether this attempt is the one after which the next has to wait. */
  readonly blocksNext: boolean;
  readonly record: ThrottleRecord;
}

/**
 * Admits or refuses one attempt. An admitted attempt counts as failed until its success is recorded, so attempts that run at
 * the same time cannot outrun the count.
 */
export function admitAttempt(before: ThrottleRecord | null, now: Date, policy: ThrottlePolicy): Admission {
  const known = before !== null && before.forgottenAt > now ? before : null;
  if (known?.blockedUntil != null && known.blockedUntil > now) {
    return { waitMs: known.blockedUntil.getTime() - now.getTime(), blocksNext: false, record: known };
  }
  const attempts = (known?.attempts ?? 0) + 1;
  const excess = attempts - policy.freeAttempts;
  const waitMs = excess < 0 ? 0 : Math.min(policy.longestWaitMs, policy.firstWaitMs * 2 ** Math.min(excess, 20));
  const blockedUntil = waitMs === 0 ? null : new Date(now.getTime() + waitMs);
  const forgottenAt = new Date(now.getTime() + waitMs + policy.memoryMs);
  return { waitMs: null, blocksNext: blockedUntil !== null, record: { attempts, blockedUntil, forgottenAt } };
}
