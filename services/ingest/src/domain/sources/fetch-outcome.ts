import type { SourceSchedule } from '@peermesh/contracts/ingest';
import { nextPlanned, type PollLimits } from './schedule.ts';

/** What a fetch came to. */
export type FetchOutcome =
  | {
      readonly kind: 'fetched';
      readonly etag: string | null;
      readonly lastModified: string | null;
      readonly freshForMs: number;
      readonly movedTo: string | null;
    }
  | { readonly kind: 'not_modified'; readonly freshForMs: number; readonly movedTo: string | null }
  | { readonly kind: 'gone' }
  | { readonly kind: 'robots_denied' }
  | { readonly kind: 'refused'; readonly status: number; readonly retryAfterMs: number | null }
  | { readonly kind: 'failed'; readonly code: string; readonly retryAfterMs: number | null };

/** What the scheduler remembers of a polled source. */
export interface PollState {
  readonly sourceId: string;
  readonly url: string;
  readonly schedule: SourceSchedule;
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly failures: number;
  readonly failingSince: Date | null;
  readonly movedTo: string | null;
  readonly movedCount: number;
}

/** What changes in a source after a fetch. */
export interface PollTransition {
  readonly url: string;
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly failures: number;
  readonly failingSince: Date | null;
  readonly movedTo: string | null;
  readonly movedCount: number;
  readonly nextFetchAt: Date | null;
  readonly state: 'active' | 'paused' | 'disabled';
  readonly stateReason: string | null;
  /** The host wants to be left alone for this long. */
  readonly pauseHostMs: number | null;
}

/** Limits of the state machine. */
export interface PollPolicy extends PollLimits {
  readonly deadAfterMs: number;
  readonly hostPauseMs: number;
  readonly moveConfirmations: number;
}

const BACKOFF_BASE_MS = 60_000;

/** Decides what a fetch means for its source. Pure: the clock comes in as `now`. */
export function afterFetch(source: PollState, outcome: FetchOutcome, now: Date, policy: PollPolicy): PollTransition {
  switch (outcome.kind) {
    case 'fetched':
    case 'not_modified':
      return succeed(source, outcome, now, policy);
    case 'gone':
      return { ...unchanged(source), nextFetchAt: null, state: 'disabled', stateReason: 'gone', pauseHostMs: null };
    case 'robots_denied':
      return { ...unchanged(source), nextFetchAt: null, state: 'paused', stateReason: 'robots', pauseHostMs: null };
    case 'refused':
      return fail(source, now, policy, outcome.retryAfterMs, outcome.retryAfterMs ?? policy.hostPauseMs);
    case 'failed':
      return fail(source, now, policy, outcome.retryAfterMs, null);
  }
}

function succeed(
  source: PollState,
  outcome: Extract<FetchOutcome, { kind: 'fetched' | 'not_modified' }>,
  now: Date,
  policy: PollPolicy,
): PollTransition {
  const movedCount = outcome.movedTo === null ? 0 : outcome.movedTo === source.movedTo ? source.movedCount + 1 : 1;
  const isMoved = movedCount >= policy.moveConfirmations && outcome.movedTo !== null;
  const keepFreshUntil = new Date(now.getTime() + Math.min(outcome.freshForMs, policy.intervalMsMax));
  const planned = nextPlanned(source.schedule, source.sourceId, now, policy);
  const validators = outcome.kind === 'fetched' ? outcome : source;
  return {
    url: isMoved ? (outcome.movedTo as string) : source.url,
    etag: validators.etag,
    lastModified: validators.lastModified,
    failures: 0,
    failingSince: null,
    movedTo: isMoved ? null : outcome.movedTo,
    movedCount: isMoved ? 0 : movedCount,
    nextFetchAt:
      planned === null ? null : source.schedule.type === 'interval' ? later(planned, keepFreshUntil) : planned,
    state: 'active',
    stateReason: null,
    pauseHostMs: null,
  };
}

function fail(
  source: PollState,
  now: Date,
  policy: PollPolicy,
  waitMs: number | null,
  pauseHostMs: number | null,
): PollTransition {
  const failures = source.failures + 1;
  const failingSince = source.failingSince ?? now;
  const isDead = now.getTime() - failingSince.getTime() >= policy.deadAfterMs;
  const backoffMs = Math.min(BACKOFF_BASE_MS * 2 ** Math.min(failures - 1, 20), policy.intervalMsMax);
  const wait = new Date(now.getTime() + Math.min(Math.max(backoffMs, waitMs ?? 0), policy.intervalMsMax));
  const planned = nextPlanned(source.schedule, source.sourceId, now, policy);
  return {
    ...unchanged(source),
    failures,
    failingSince,
    nextFetchAt: isDead ? null : planned === null ? wait : later(planned, wait),
    state: isDead ? 'paused' : 'active',
    stateReason: isDead ? 'dead' : null,
    pauseHostMs,
  };
}

function unchanged({
  url,
  etag,
  lastModified,
  failures,
  failingSince,
  movedTo,
  movedCount,
}: PollState): Omit<PollTransition, 'nextFetchAt' | 'state' | 'stateReason' | 'pauseHostMs'> {
  return { url, etag, lastModified, failures, failingSince, movedTo, movedCount };
}

const later = (a: Date, b: Date): Date => (a.getTime() >= b.getTime() ? a : b);
