import type { Leg } from '@peermesh/contracts/search';
import type { Database, Transaction } from '@peermesh/database';
import { type HeldVersion, keyOf } from '../../domain/versioned-ops.ts';
import type { Ack, VersionedOp } from '../../ports.ts';
import { arrayText } from './array-text.ts';
import { BY_ID, lookUp } from './look-up.ts';
import { READ_IN_ORDER } from './read-in-order.ts';

/** Names one backend generation. */
export interface GenerationKey {
  readonly kind: Leg;
  readonly generation: number;
}

/**
 * Runs one batch under the lock of its generation and moves the cursor in the same transaction. A batch that another
 * replica has applied meanwhile changes nothing.
 */
export async function applyUnderCursor(
  db: Database<unknown>,
  key: GenerationKey,
  upTo: number,
  work: (tx: Transaction<unknown>, from: number) => Promise<{ applied: number; ignored: number; recordsDelta: number }>,
): Promise<Ack> {
  const apply = async (tx: Transaction<unknown>): Promise<Ack> => {
    const { rows } = await tx.client.query<{ cursor_seq: string }>(
      'SELECT cursor_seq FROM search.search_backend_generations WHERE kind = $1 AND generation = $2 FOR UPDATE',
      [key.kind, key.generation],
    );
    const cursor = rows[0];
    if (cursor === undefined) throw new Error(`no generation ${key.generation} of ${key.kind}`);
    const outcome = await work(tx, Number(cursor.cursor_seq));
    const watermark = Math.max(upTo, Number(cursor.cursor_seq));
    await tx.client.query(
      'UPDATE search.search_backend_generations SET cursor_seq = $3, records = records + $4 WHERE kind = $1 AND generation = $2',
      [key.kind, key.generation, watermark, outcome.recordsDelta],
    );
    await tx.client.query(`SELECT pg_notify('search_applied', $1)`, [`${key.kind}:${key.generation}:${watermark}`]);
    return { applied: outcome.applied, ignored: outcome.ignored, watermark };
  };
  return db.system(apply, { opening: READ_IN_ORDER });
}

/** Reads which versions a table of a generation holds. */
export async function heldVersions(
  tx: Transaction<unknown>,
  table: string,
  generation: number,
  batch: readonly VersionedOp[],
): Promise<Map<string, HeldVersion>> {
  const { rows } = await tx.client.query<{ tenant_id: string; id: string; version: number; deleted: boolean }>(
    `SELECT held.tenant_id, held.id, held.version, held.deleted FROM unnest($2::text[], $3::text[]) AS wanted (tenant_id, id)
      ${lookUp(table, `held.generation = $1 AND ${BY_ID}`)}`,
    [generation, arrayText(batch.map((op) => op.tenantId)), arrayText(batch.map((op) => op.id))],
  );
  return new Map(rows.map((row) => [keyOf(row.tenant_id, row.id), { version: row.version, deleted: row.deleted }]));
}
