import type { RouteSnapshot, RouteSnapshotSummary } from '@peermesh/contracts/gateway';
import type { Database, Transaction } from '@peermesh/database';
import type { RouteStore } from '../ports.ts';
import type { GatewaySchema } from './schema.ts';

const KEPT = 10;

/** Tells the other replicas in the transaction that activates. */
export type AnnounceRoutes = (
  tx: Transaction<GatewaySchema>,
  change: { readonly digest: string; readonly revision: number; readonly tenantId: string },
) => Promise<unknown>;

/** Snapshots in PostgreSQL; the last ten are kept. */
export class PgRouteStore implements RouteStore {
  readonly #db: Database<GatewaySchema>;
  readonly #announce: AnnounceRoutes;

  constructor(db: Database<GatewaySchema>, announce: AnnounceRoutes) {
    this.#db = db;
    this.#announce = announce;
  }

  async activeRevision(): Promise<number> {
    const { rows } = await this.#db.pool.query<{ revision: string | null }>(
      'SELECT max(revision) AS revision FROM gateway_route_snapshots',
    );
    return Number(rows[0]?.revision ?? 0);
  }

  async active(): Promise<RouteSnapshot | null> {
    const revision = await this.activeRevision();
    return revision === 0 ? null : this.byRevision(revision);
  }

  byRevision(revision: number): Promise<RouteSnapshot | null> {
    return this.#db.system(
      async ({ query }) => {
        const row = await query
          .selectFrom('gateway_route_snapshots')
          .selectAll()
          .where('revision', '=', String(revision))
          .executeTakeFirst();
        return row === undefined ? null : { ...summaryOf(row), config: row.config };
      },
      { readOnly: true },
    );
  }

  history(limit: number): Promise<RouteSnapshotSummary[]> {
    return this.#db.system(
      async ({ query }) => {
        const rows = await query
          .selectFrom('gateway_route_snapshots')
          .select(['revision', 'digest', 'route_count', 'source', 'activated_by', 'activated_at'])
          .orderBy('revision', 'desc')
          .limit(limit)
          .execute();
        return rows.map(summaryOf);
      },
      { readOnly: true },
    );
  }

  async activate(snapshot: Parameters<RouteStore['activate']>[0]): Promise<RouteSnapshot | null> {
    const revision = snapshot.expectedRevision + 1;
    return this.#db.system(async (tx) => {
      await tx.client.query("SELECT pg_advisory_xact_lock(hashtext('gateway.route_snapshots'))");
      const newest = await tx.client.query<{ revision: string | null }>(
        'SELECT max(revision) AS revision FROM gateway_route_snapshots',
      );
      if (Number(newest.rows[0]?.revision ?? 0) !== snapshot.expectedRevision) return null;
      const row = await tx.query
        .insertInto('gateway_route_snapshots')
        .values({
          revision,
          digest: snapshot.digest,
          config: JSON.stringify(snapshot.config),
          route_count: snapshot.config.routes.length,
          source: snapshot.source,
          activated_by: snapshot.activatedBy,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      await tx.client.query('DELETE FROM gateway_route_snapshots WHERE revision <= $1', [revision - KEPT]);
      await this.#announce(tx, { digest: snapshot.digest, revision, tenantId: snapshot.tenantId });
      return { ...summaryOf(row), config: snapshot.config };
    });
  }
}

function summaryOf(row: {
  revision: string;
  digest: string;
  route_count: number;
  source: 'file' | 'api' | 'rollback';
  activated_by: string | null;
  activated_at: Date;
}): RouteSnapshotSummary {
  return {
    revision: Number(row.revision),
    digest: row.digest,
    source: row.source,
    activatedAt: row.activated_at.toISOString(),
    activatedBy: row.activated_by,
    routeCount: row.route_count,
  };
}
