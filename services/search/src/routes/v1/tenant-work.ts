import type { Transaction, TxOptions } from '@peermesh/database';
import type { RouteContext } from '@peermesh/service-kit';
import type { Viewer } from '../../ports.ts';
import { nowOf, type RouteDeps, viewerOf } from './route-deps.ts';

/** Bulk writes take longer than single ones. */
export const BULK: TxOptions = { statementTimeoutMs: 60_000 };

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Reads, in one transaction, what the caller may see of their tenant. */
export function reading<Result>(
  { db }: Pick<RouteDeps, 'db'>,
  { principal }: Pick<RouteContext, 'principal'>,
  work: (tx: Transaction<unknown>, viewer: Viewer) => Promise<Result>,
): Promise<Result> {
  const viewer = viewerOf(principal);
  return db.tenant(viewer.tenantId, (tx) => work(tx, viewer), { readOnly: true });
}

/** Changes the caller's tenant in one transaction, which also keeps the answer for the same request coming again. */
export function writing<const Result extends Answer>(
  deps: Pick<RouteDeps, 'db' | 'now'>,
  { principal, idempotent }: Pick<RouteContext, 'principal' | 'idempotent'>,
  work: (tx: Transaction<unknown>, viewer: Viewer, now: string) => Promise<Result>,
  options: TxOptions = {},
): Promise<Result> {
  const viewer = viewerOf(principal);
  return deps.db.tenant(
    viewer.tenantId,
    async (tx) => {
      const result = await work(tx, viewer, nowOf(deps));
      await idempotent(tx, result);
      return result;
    },
    options,
  );
}
