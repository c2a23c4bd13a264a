import { LEGS, type Leg, type LegReport, type LegReports, type SearchResponse } from '@peermesh/contracts/search';
import type { LegHits, PinnedHit } from '../domain/fusion/fuse.ts';
import type { LegResult } from '../ports.ts';
import type { RunningBackend } from '../projection/generation-registry.ts';
import type { LegOutcome } from './leg-runner.ts';
import { isDegraded } from './partial-policy.ts';
import type { SearchPlan } from './plan.ts';

/** What the legs found and how they fared. */
export interface Retrieval {
  readonly legs: readonly LegHits[];
  readonly results: ReadonlyMap<Leg, LegResult>;
  readonly reports: LegReports;
  readonly pins: readonly PinnedHit[];
  readonly degradedLegs: readonly Leg[];
  readonly coverage: SearchResponse['coverage'];
  readonly legsStartedAt: number;
}

/** Sums up one search: what each leg of the plan brought, and a report for each leg there is. */
export function collectRetrieval(
  plan: SearchPlan,
  active: ReadonlyMap<Leg, RunningBackend>,
  outcomes: ReadonlyMap<Leg, LegOutcome>,
  pins: readonly PinnedHit[],
  times: { readonly startedAt: number; readonly legsStartedAt: number },
): Retrieval {
  const report = (leg: Leg): LegReport => reportOf(leg, plan, active, outcomes, times.startedAt);
  const reports = Object.fromEntries(LEGS.map((leg) => [leg, report(leg)])) as LegReports;
  const results = new Map<Leg, LegResult>();
  const legs: LegHits[] = [];
  let requested = 0;
  let answered = 0;
  for (const [leg, { weight }] of plan.legs) {
    if (reports[leg].status === 'skipped') continue;
    requested += weight;
    const result = outcomes.get(leg)?.result ?? null;
    if (result === null) continue;
    answered += weight;
    results.set(leg, result);
    legs.push({ leg, weight, hits: result.hits });
  }
  return {
    legs,
    results,
    reports,
    pins,
    degradedLegs: LEGS.filter((leg) => isDegraded(reports[leg])),
    coverage: { weightAnswered: rounded(answered), weightRequested: rounded(requested) },
    legsStartedAt: times.legsStartedAt,
  };
}

function reportOf(
  leg: Leg,
  plan: SearchPlan,
  active: ReadonlyMap<Leg, RunningBackend>,
  outcomes: ReadonlyMap<Leg, LegOutcome>,
  startedAt: number,
): LegReport {
  if (plan.disabled.has(leg)) return { status: 'disabled', reason: 'not_requested' };
  if (!plan.legs.has(leg)) return { status: 'skipped', reason: 'not_applicable' };
  const outcome = outcomes.get(leg);
  if (outcome !== undefined) return outcome.report;
  const generation = active.get(leg)?.generation;
  return {
    status: 'timeout',
    reason: 'deadline',
    tookMs: Math.round(performance.now() - startedAt),
    ...(generation === undefined ? {} : { impl: generation.impl, generation: generation.generation }),
  };
}

function rounded(weight: number): number {
  return Math.round(weight * 1_000) / 1_000;
}
