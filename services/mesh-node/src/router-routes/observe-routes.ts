import type { MeshCore } from '@peermesh/mesh-core';
import type { MetricsRegistry } from '@peermesh/telemetry';
import { type Figure, observeFigures } from '../runtime/figure.ts';
import type { RouterOutcome } from './route-follower.ts';

/** Whose routes this node uses, and what came of asking. @returns to be called with what each question to the router ended in */
export function observeRoutes(
  metrics: MetricsRegistry,
  core: Pick<MeshCore, 'overlay'>,
): (outcome: RouterOutcome, reason: string) => void {
  const refusedOffers = new Map<string, number>();
  metrics.gauge({
    name: 'mesh_routes',
    help: "Destinations by whose route is installed: the router's, or the one that this node computed.",
    labels: ['source'],
    collect: (gauge) => {
      const { router, node } = routeCounts(core);
      gauge.set({ source: 'router' }, router);
      gauge.set({ source: 'own' }, node);
    },
  });
  observeFigures(metrics, {
    figures: [AGE],
    labels: [],
    subjects: () => {
      const offer = core.overlay?.router?.offers.inUse;
      return offer == null ? [] : [[{}, offer]];
    },
  });
  metrics.gauge({
    name: 'mesh_router_routes_refused',
    help: 'Answers of the router, routes and paths in them that were not used or were given up, by reason.',
    labels: ['reason'],
    collect: (gauge) => {
      gauge.reset();
      const counted = core.overlay?.router?.counters.offers.refused ?? {};
      for (const [reason, count] of [...Object.entries(counted), ...refusedOffers]) gauge.inc({ reason }, count);
    },
  });
  const answers = metrics.counter({
    name: 'mesh_router_answers_total',
    help: 'Questions to the router by what came of them.',
    labels: ['outcome'],
  });
  return (outcome, reason) => {
    answers.inc({ outcome });
    // What the core refuses it counts itself.
    if (outcome === 'failed' || OUTSIDE_THE_CORE.has(reason))
      refusedOffers.set(reason, (refusedOffers.get(reason) ?? 0) + 1);
  };
}

const AGE: Figure<{ readonly confirmedAtMs: number }> = {
  name: 'mesh_router_routes_age_seconds',
  help: 'Since the routes of the router were last taken or confirmed; absent while none are in use.',
  of: ({ confirmedAtMs }) => (performance.now() - confirmedAtMs) / 1000,
};

const OUTSIDE_THE_CORE: ReadonlySet<string> = new Set(['other-mesh', 'other-key', 'not-a-member', 'unasked', 'stale']);

/** Destinations whose installed route is the router's, and those whose route is the node's own. */
export function routeCounts({ overlay }: Pick<MeshCore, 'overlay'>): {
  readonly router: number;
  readonly node: number;
} {
  const router = overlay?.router?.counters.offers.installed ?? 0;
  return { router, node: Math.max(0, (overlay?.routes?.destinations().length ?? 0) - router) };
}
