import type { IntakeQuota } from '@peermesh/contracts/ingest';
import type { Database } from '@peermesh/database';
import type { IngestSchema } from './schema.ts';

/** Quotas and use of record. */
export interface QuotaStore {
  read(tenantId: string, day: string): Promise<IntakeQuota>;
  add(
    tenantId: string,
    day: string,
    items: number,
    bytes: number,
  ): Promise<Pick<IntakeQuota, 'itemsToday' | 'bytesToday'>>;
  set(tenantId: string, quota: Pick<IntakeQuota, 'itemsPerDay' | 'bytesPerDay' | 'sourcesMax'>): Promise<void>;
}

/** What a tenant without a row of its own may take in. */
export type DefaultQuota = Pick<IntakeQuota, 'itemsPerDay' | 'bytesPerDay' | 'sourcesMax'>;

/** Quotas in PostgreSQL. */
export function createQuotaStore(db: Database<IngestSchema>, defaults: DefaultQuota): QuotaStore {
  return {
    read: (tenantId, day) =>
      db.tenant(
        tenantId,
        async (tx) => {
          const quota = await tx.query
            .selectFrom('ingest_quotas')
            .selectAll()
            .where('tenant_id', '=', tenantId)
            .executeTakeFirst();
          const used = await tx.query
            .selectFrom('ingest_quota_usage')
            .selectAll()
            .where('tenant_id', '=', tenantId)
            .where('day', '=', day)
            .executeTakeFirst();
          return {
            itemsPerDay: Number(quota?.items_per_day ?? defaults.itemsPerDay),
            bytesPerDay: Number(quota?.bytes_per_day ?? defaults.bytesPerDay),
            sourcesMax: quota?.sources_max ?? defaults.sourcesMax,
            itemsToday: Number(used?.items ?? 0),
            bytesToday: Number(used?.bytes ?? 0),
          };
        },
        { readOnly: true },
      ),
    add: (tenantId, day, items, bytes) =>
      db.tenant(tenantId, async (tx) => {
        const { rows } = await tx.client.query<{ items: string; bytes: string }>(
          `insert into ingest_quota_usage as used (tenant_id, day, items, bytes) values ($1, $2, $3, $4)
           on conflict (tenant_id, day) do update set items = used.items + excluded.items, bytes = used.bytes + excluded.bytes
           returning items, bytes`,
          [tenantId, day, items, bytes],
        );
        return { itemsToday: Number(rows[0]?.items ?? 0), bytesToday: Number(rows[0]?.bytes ?? 0) };
      }),
    set: (tenantId, quota) =>
      db.tenant(tenantId, async (tx) => {
        await tx.client.query(
          `insert into ingest_quotas (tenant_id, items_per_day, bytes_per_day, sources_max) values ($1, $2, $3, $4)
           on conflict (tenant_id) do update set items_per_day = excluded.items_per_day, bytes_per_day = excluded.bytes_per_day,
             sources_max = excluded.sources_max`,
          [tenantId, quota.itemsPerDay, quota.bytesPerDay, quota.sourcesMax],
        );
      }),
  };
}
