import { createHash } from 'node:crypto';
import type { Transaction } from '@peermesh/database';
import { bucketOf } from '../../domain/time/trend-score.ts';
import { arrayText, plainArrayText } from './array-text.ts';

/** One document's share in the rollups. */
export interface TimeEntry {
  readonly tenantId: string;
  readonly at: number;
  readonly keys: readonly string[];
  readonly acl: readonly string[];
}

const GRAINS = ['hour', 'day'] as const;

interface RollupDelta {
  readonly tenantId: string;
  readonly grain: string;
  readonly bucket: number;
  readonly key: string;
  readonly aclKey: string;
  readonly acl: readonly string[];
  count: number;
}

/** Adds entries to the hourly and daily counts and takes others back, all in one statement. */
export async function moveRollups(
  tx: Transaction<unknown>,
  generation: number,
  added: readonly TimeEntry[],
  removed: readonly TimeEntry[],
): Promise<void> {
  const deltas = new Map<string, RollupDelta>();
  const aclKeys = new Map<string, string>();
  for (const entry of added) collect(deltas, entry, 1, aclKeys);
  for (const entry of removed) collect(deltas, entry, -1, aclKeys);
  const rows = [...deltas.values()].filter((delta) => delta.count !== 0);
  if (rows.length === 0) return;
  await tx.client.query(
    `INSERT INTO search.search_time_rollups AS held (generation, tenant_id, grain, bucket, key, acl_key, acl, count)
     SELECT $1::int, tenant_id, grain, bucket, key, acl_key, acl::text[], count
       FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::int[])
         AS delta (tenant_id, grain, bucket, key, acl_key, acl, count)
     ON CONFLICT (generation, tenant_id, grain, bucket, key, acl_key) DO UPDATE SET count = held.count + excluded.count`,
    [
      generation,
      arrayText(rows.map((row) => row.tenantId)),
      arrayText(rows.map((row) => row.grain)),
      arrayText(rows.map((row) => new Date(row.bucket).toISOString())),
      arrayText(rows.map((row) => row.key)),
      arrayText(rows.map((row) => row.aclKey)),
      arrayText(rows.map((row) => arrayText(row.acl))),
      plainArrayText(rows.map((row) => row.count)),
    ],
  );
}

/** The digest of a list; `known` spares most of them, for a batch names few lists many times. */
function aclKeyOf(list: string, known: Map<string, string>): string {
  const key = known.get(list) ?? createHash('md5').update(list).digest('hex');
  known.set(list, key);
  return key;
}

function collect(
  deltas: Map<string, RollupDelta>,
  entry: TimeEntry,
  change: 1 | -1,
  aclKeys: Map<string, string>,
): void {
  const acl = [...entry.acl].sort();
  const aclKey = aclKeyOf(acl.join('\n'), aclKeys);
  for (const grain of GRAINS) {
    const bucket = bucketOf(entry.at, grain);
    for (const key of entry.keys) {
      const id = `${entry.tenantId}\n${grain}\n${bucket}\n${key}\n${aclKey}`;
      const delta = deltas.get(id);
      if (delta === undefined) {
        deltas.set(id, { tenantId: entry.tenantId, grain, bucket, key, aclKey, acl, count: change });
      } else {
        delta.count += change;
      }
    }
  }
}
