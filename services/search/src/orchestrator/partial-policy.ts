import type { Leg, LegReport } from '@peermesh/contracts/search';
import { searchErrors } from '@peermesh/errors';
import type { SearchPlan } from './plan.ts';
import type { Retrieval } from './retrieval.ts';
import type { SearchMetrics } from './search-metrics.ts';

/** Throws `PM_SEARCH_SOURCES_UNAVAILABLE` when too few legs answered for what the caller accepts. */
export function enforcePartialPolicy(plan: SearchPlan, found: Retrieval, metrics: SearchMetrics): void {
  const answered = (leg: Leg): boolean => ['ok', 'partial', 'stale'].includes(found.reports[leg].status);
  const skipped = (leg: Leg): boolean => found.reports[leg].status === 'skipped';
  const requested = [...plan.legs.keys()].filter((leg) => !skipped(leg));
  const refuse = (detail: string): never => {
    metrics.request(plan.mode, 'refused', true, 0);
    throw searchErrors.sourcesUnavailable({
      detail,
      retryAfterSeconds: 1,
      meta: { sources: found.reports, coverage: found.coverage, warnings: warningsOf(plan, found) },
    });
  };
  if (requested.length > 0 && !requested.some(answered)) refuse('No leg answered.');
  if (plan.partial.kind === 'refuse' && found.degradedLegs.length > 0)
    refuse(`Not answered in full: ${found.degradedLegs.join(', ')}.`);
  if (plan.partial.kind === 'require') {
    const missing = plan.partial.legs.filter((leg) => !answered(leg) && !skipped(leg));
    if (missing.length > 0) refuse(`Required but not answered: ${missing.join(', ')}.`);
  }
}

/** Whether a leg was wanted and did not answer in full. */
export function isDegraded(report: LegReport): boolean {
  return !['ok', 'disabled', 'skipped'].includes(report.status);
}

/** What the caller should know besides the hits. */
export function warningsOf(plan: SearchPlan, found: Retrieval): string[] {
  const warnings = found.degradedLegs.map((leg) => `${leg}_${found.reports[leg].status}`);
  return plan.request.asOf === undefined ? warnings : [...warnings, 'as_of_ranked_by_current_index'];
}
