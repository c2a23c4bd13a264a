import { searchRoutes } from '@peermesh/contracts/search';
import { commonErrors } from '@peermesh/errors';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { type Trend, type TrendWindow, windowStart } from '../../adapters/pg/trend-query.ts';
import type { LegContext } from '../../ports.ts';
import { type RouteDeps, viewerOf } from './route-deps.ts';

const TRENDS_MS = 2_000;

/** A time backend that shows its trends. */
export interface TrendSource {
  trends(window: TrendWindow, context: LegContext): Promise<Trend[]>;
  watermark(): number;
}

/** What is being written about. */
export function mountTrends(app: FastifyInstance, deps: RouteDeps, source: () => TrendSource | null): void {
  mountRoute(app, searchRoutes.getTrends, async ({ query, principal, signal }) => {
    const time = source();
    if (time === null) throw commonErrors.unavailable({ detail: 'The time leg is off.', retryAfterSeconds: 1 });
    const of = query.of ?? 'entity';
    const window: TrendWindow = {
      of,
      key: query.key === undefined ? null : `${of.slice(0, 1)}:${query.key}`,
      until: query.until === undefined ? deps.now() : Date.parse(query.until),
      windowHours: query.windowHours ?? 168,
      bucket: query.bucket ?? 'day',
      limit: query.limit ?? 20,
    };
    const context: LegContext = {
      viewer: viewerOf(principal),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TRENDS_MS)]),
      timeoutMs: TRENDS_MS,
    };
    const trends = await time.trends(window, context);
    const keys = trends.map((trend) => trend.key.slice(2));
    const names = of === 'entity' ? await deps.hydrator.read(keys, undefined, context) : null;
    return {
      status: 200,
      body: {
        items: trends.flatMap((trend, i) => {
          const key = keys[i] as string;
          const record = names?.get(key);
          if (
            names !== null &&
            (record === undefined || !record.acl.some((entry) => context.viewer.principals.includes(entry)))
          )
            return [];
          return [
            {
              key,
              name: record?.title ?? key,
              count: trend.count,
              previous: trend.previous,
              score: trend.score,
              series: trend.series.map((point) => ({ at: new Date(point.at).toISOString(), count: point.count })),
            },
          ];
        }),
        from: new Date(windowStart(window)).toISOString(),
        until: new Date(window.until).toISOString(),
        watermark: time.watermark(),
      },
    };
  });
}
