/** What the last attempts say about an endpoint. */
export interface EndpointHealth {
  readonly failingSince: Date | null;
  readonly warnedPercent: number;
}

/** What follows from new attempts. */
export interface HealthChange {
  readonly failingSince: Date | null;
  readonly warnedPercent: number;
  /** A threshold that was crossed just now. */
  readonly warn: 50 | 70 | 90 | null;
  readonly disable: boolean;
}

const THRESHOLDS = [90, 70, 50] as const;

/** One success clears everything; only failures for `disableAfterMs` disable the endpoint, with warnings on the way. */
export function nextHealth(
  health: EndpointHealth,
  attempts: { readonly succeeded: boolean; readonly at: Date },
  disableAfterMs: number,
): HealthChange {
  if (attempts.succeeded) return { failingSince: null, warnedPercent: 0, warn: null, disable: false };
  const failingSince = health.failingSince ?? attempts.at;
  const percent = ((attempts.at.getTime() - failingSince.getTime()) / disableAfterMs) * 100;
  const crossed = THRESHOLDS.find((threshold) => percent >= threshold && health.warnedPercent < threshold) ?? null;
  const disable = percent >= 100;
  return {
    failingSince,
    warnedPercent: Math.max(health.warnedPercent, crossed ?? 0),
    warn: disable ? null : crossed,
    disable,
  };
}

/** How long the circuit stays open after so many failures in a row. */
export function breakerDelayMs(failures: number, threshold: number, baseMs: number): number {
  if (failures < threshold) return 0;
  return Math.min(baseMs * 2 ** Math.min(failures - threshold, 10), 10 * 60_000);
}
