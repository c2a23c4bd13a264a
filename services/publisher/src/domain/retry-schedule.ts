/** Waiting times before each attempt of a delivery. */
export interface RetrySchedule {
  /** How many attempts a delivery gets. */
  readonly attemptsMax: number;
  /** Waiting time after `attempts` failed ones, or null when there is no further attempt. */
  delayAfter(attempts: number, retryAfterMs: number | null): number | null;
}

const RETRY_AFTER_MAX_MS = 24 * 3_600_000;
const JITTER = 0.2;

/** Reads `0,5,300,...`: seconds before the first, second, third attempt. `Retry-After` can only lengthen a wait. */
export function createRetrySchedule(seconds: string, random: () => number = Math.random): RetrySchedule {
  const delaysMs = seconds.split(',').map((entry) => Number(entry) * 1000);
  return {
    attemptsMax: delaysMs.length,
    delayAfter: (attempts, retryAfterMs) => {
      const base = delaysMs[attempts];
      if (base === undefined) return null;
      const jittered = base * (1 - JITTER + 2 * JITTER * random());
      return Math.round(Math.max(jittered, Math.min(retryAfterMs ?? 0, RETRY_AFTER_MAX_MS)));
    },
  };
}
