import { type Principal, principalsOf } from '@peermesh/authz';
import type { Database } from '@peermesh/database';
import type { Bus } from '@peermesh/messaging';
import type { FaultyBackend } from '../../adapters/faulty-backend.ts';
import type { Hydrator } from '../../adapters/pg/hydrator.ts';
import type { Orchestrator } from '../../orchestrator/orchestrator.ts';
import type { SearchMetrics } from '../../orchestrator/search-metrics.ts';
import type { Viewer } from '../../ports.ts';
import type { GenerationRegistry } from '../../projection/generation-registry.ts';

/** What the routes work with. */
export interface RouteDeps {
  readonly db: Database<unknown>;
  readonly bus: Bus;
  readonly registry: GenerationRegistry;
  readonly orchestrator: Orchestrator;
  readonly hydrator: Hydrator;
  readonly metrics: SearchMetrics;
  readonly now: () => number;
  /** Fault switches by kind; null where faults are not allowed. */
  readonly faults: ((kind: string) => FaultyBackend[]) | null;
}

/** Who is asking, for the search. */
export function viewerOf(principal: Principal): Viewer {
  return { tenantId: principal.tenantId, principals: principalsOf(principal) };
}

/** The present, as rows keep it. */
export function nowOf(deps: Pick<RouteDeps, 'now'>): string {
  return new Date(deps.now()).toISOString();
}
