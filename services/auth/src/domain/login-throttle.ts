/** How often something may fail before it has to wait. */
export interface ThrottlePolicy {
  /** Failures before the first wait. */
  readonly freeFailures: number;
  readonly firstWaitMs: number;
  /** Waits double up to this. */
  readonly longestWaitMs: number;
  /** Without an attempt for so long, everything is forgotten. */
  readonly memoryMs: number;
  /** Attempts that may be under way at once: guesses in parallel must not outrun the count. */
  readonly pendingMax: number;
}

/** Attempts on one account. */
export const ACCOUNT_POLICY: ThrottlePolicy = {
  freeFailures: 5,
  firstWaitMs: 15_000,
  longestWaitMs: 15 * 60_000,
  memoryMs: 60 * 60_000,
  pendingMax: 50,
};

/** Attempts from one network address; many people may share one. */
export const ADDRESS_POLICY: ThrottlePolicy = {
  freeFailures: 60,
  firstWaitMs: 30_000,
  longestWaitMs: 15 * 60_000,
  memoryMs: 15 * 60_000,
  pendingMax: 500,
};

/** Registrations from one network address; every one counts. */
export const REGISTRATION_POLICY: ThrottlePolicy = {
  freeFailures: 20,
  firstWaitMs: 60_000,
  longestWaitMs: 60 * 60_000,
  memoryMs: 60 * 60_000,
  pendingMax: 20,
};

/** How long the next attempt has to wait after so many failures; 0 when it need not. */
export function waitAfter(failures: number, policy: ThrottlePolicy): number {
  const excess = failures - policy.freeFailures;
  return excess < 0 ? 0 : Math.min(policy.longestWaitMs, policy.firstWaitMs * 2 ** Math.min(excess, 20));
}
