import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Transaction } from '@peermesh/database';
import { packBytes } from './packed-bytes.ts';

/** A record that is to be entered into the posting tables. */
interface NumberedRecord {
  readonly tenantId: string;
  readonly kind: string;
  readonly ord: number;
  readonly terms: readonly string[];
  readonly frequencies: Buffer;
  readonly length: number;
}

/** Postings of highest impact that stand together in one block: what a query reads of a term. */
export const BLOCK_POSTINGS_MAX = 3_000;
const SEGMENT_RECORDS = 4_000;
const RECORDS_PER_TURN = 200;
const BLOCKS_BEFORE_COMPACTION = 12;
const FREQUENCIES = 64;

/** A posting in a double: 47 bits of ordinal and 6 of frequency. */
export function packWide(ord: number, frequency: number): number {
  return ord * FREQUENCIES + frequency;
}

/** The parts of {@link packWide}. */
export function unpackWide(posting: number): { ord: number; frequency: number } {
  const ord = Math.floor(posting / FREQUENCIES);
  return { ord, frequency: posting - ord * FREQUENCIES };
}

/** Writes one block for each term of a segment: a column of postings instead of a row for each. */
async function insertPostings(
  tx: Transaction<unknown>,
  generation: number,
  records: readonly NumberedRecord[],
): Promise<void> {
  const blocks = new Map<
    string,
    { tenantId: string; kind: string; term: string; first: number; impact: number; packed: number[] }
  >();
  for (const [at, { tenantId, kind, ord, terms, frequencies, length }] of records.entries()) {
    if (at % RECORDS_PER_TURN === RECORDS_PER_TURN - 1) await nextTurn();
    terms.forEach((term, i) => {
      const key = `${tenantId}\u0000${kind}\u0000${term}`;
      const frequency = frequencies[i] as number;
      let block = blocks.get(key);
      if (block === undefined) {
        block = { tenantId, kind, term, first: ord, impact: 0, packed: [] };
        blocks.set(key, block);
      }
      block.packed.push(packWide(ord, frequency));
      block.impact = Math.max(block.impact, frequency / (frequency + length / 100));
    });
  }
  const rows = [...blocks.values()];
  if (rows.length === 0) return;
  const packed = packBytes(rows.map((row) => toBytes(row.packed)));
  await tx.client.query(
    `INSERT INTO search.search_keyword_postings (generation, tenant_id, kind, term, block, count, impact_max, packed)
     SELECT $1::int, tenant_id, kind, term, block, count, impact_max, substring($8::bytea FROM first FOR size)
       FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::int[], $7::real[], $9::int[], $10::int[])
         AS posting (tenant_id, kind, term, block, count, impact_max, first, size)`,
    [
      generation,
      rows.map((row) => row.tenantId),
      rows.map((row) => row.kind),
      rows.map((row) => row.term),
      rows.map((row) => row.first),
      rows.map((row) => row.packed.length),
      rows.map((row) => row.impact),
      packed.bytes,
      packed.firsts,
      packed.sizes,
    ],
  );
}

/**
 * Enters records that are not in the posting tables yet, a whole segment at a time: until then queries look at them one
 * by one. Returns whether there was a segment to enter.
 * @param lastOrd the highest ordinal that is in use
 */
export async function postBacklog(tx: Transaction<unknown>, generation: number, lastOrd: number): Promise<boolean> {
  const { rows } = await tx.client.query<{ posted_ord: string }>(
    'SELECT posted_ord FROM search.search_keyword_progress WHERE generation = $1',
    [generation],
  );
  const posted = Number(rows[0]?.posted_ord ?? 0);
  if (lastOrd - posted < SEGMENT_RECORDS) return false;
  const { rows: segment } = await tx.client.query<SegmentRow>(
    `SELECT tenant_id, kind, ord, terms, frequencies, length FROM search.search_keyword_records
      WHERE generation = $1 AND ord > $2 AND NOT deleted ORDER BY ord LIMIT ${SEGMENT_RECORDS}`,
    [generation, posted],
  );
  await insertPostings(
    tx,
    generation,
    segment.map((row) => ({
      tenantId: row.tenant_id,
      kind: row.kind,
      ord: Number(row.ord),
      terms: row.terms === '' ? [] : row.terms.split('\n'),
      frequencies: row.frequencies,
      length: row.length,
    })),
  );
  await tx.client.query(
    `INSERT INTO search.search_keyword_progress (generation, posted_ord) VALUES ($1, $2)
     ON CONFLICT (generation) DO UPDATE SET posted_ord = excluded.posted_ord`,
    [generation, Number(segment.at(-1)?.ord ?? lastOrd)],
  );
  return true;
}

interface SegmentRow {
  readonly tenant_id: string;
  readonly kind: string;
  readonly ord: string;
  readonly terms: string;
  readonly frequencies: Buffer;
  readonly length: number;
}

/** Records that are not in the posting tables yet and hold one of some terms. */
export async function readTail(
  tx: Transaction<unknown>,
  scope: { readonly generation: number; readonly tenantId: string; readonly kind: string },
  terms: readonly string[],
): Promise<{ readonly ord: number; readonly frequencies: ReadonlyMap<string, number> }[]> {
  const { rows } = await tx.client.query<{ ord: string; terms: string; frequencies: Buffer }>(
    `SELECT ord, terms, frequencies FROM search.search_keyword_records
      WHERE generation = $1 AND tenant_id = $2 AND kind = $3 AND NOT deleted
        AND ord > coalesce((SELECT posted_ord FROM search.search_keyword_progress WHERE generation = $1), 0)
        AND string_to_array(terms, E'\\n') && $4::text[]`,
    [scope.generation, scope.tenantId, scope.kind, terms],
  );
  const wanted = new Set(terms);
  return rows.map((row) => ({
    ord: Number(row.ord),
    frequencies: new Map(
      row.terms.split('\n').flatMap((term, i) => (wanted.has(term) ? [[term, row.frequencies[i] ?? 0] as const] : [])),
    ),
  }));
}

/** The postings of some terms: of each the blocks of highest impact, up to {@link BLOCK_POSTINGS_MAX} postings. */
export async function readPostings(
  tx: Transaction<unknown>,
  scope: { readonly generation: number; readonly tenantId: string; readonly kind: string },
  terms: readonly string[],
): Promise<Map<string, { frequency: number; packed: Float64Array; complete: boolean }>> {
  const { rows } = await tx.client.query<{ term: string; df: string; packed: Buffer[] | null }>(
    `SELECT wanted.term, whole.df, best.packed
       FROM unnest($4::text[]) AS wanted (term)
       CROSS JOIN LATERAL (
         SELECT sum(count) AS df FROM search.search_keyword_postings
          WHERE generation = $1 AND tenant_id = $2 AND kind = $3 AND term = wanted.term) whole
       CROSS JOIN LATERAL (
         SELECT array_agg(packed) AS packed FROM (
           SELECT packed, sum(count) OVER (ORDER BY impact_max DESC, block) - count AS before
             FROM search.search_keyword_postings
            WHERE generation = $1 AND tenant_id = $2 AND kind = $3 AND term = wanted.term) ordered
          WHERE before < $5) best
      WHERE whole.df > 0`,
    [scope.generation, scope.tenantId, scope.kind, terms, BLOCK_POSTINGS_MAX],
  );
  return new Map(
    rows.map((row) => {
      const packed = concat(row.packed ?? []);
      return [row.term, { frequency: Number(row.df), packed, complete: packed.length >= Number(row.df) }];
    }),
  );
}

/**
 * Joins the small blocks of terms that have many into blocks in order of impact, without the postings of records that
 * are gone. Returns how many terms were joined.
 */
export async function compactPostings(tx: Transaction<unknown>, generation: number, termsMax: number): Promise<number> {
  const { rows: crowded } = await tx.client.query<{ tenant_id: string; kind: string; term: string }>(
    `SELECT tenant_id, kind, term FROM search.search_keyword_postings WHERE generation = $1 AND count < $3
      GROUP BY 1, 2, 3 HAVING count(*) > $4 ORDER BY count(*) DESC LIMIT $2`,
    [generation, termsMax, BLOCK_POSTINGS_MAX / 2, BLOCKS_BEFORE_COMPACTION],
  );
  for (const { tenant_id: tenantId, kind, term } of crowded) await compactTerm(tx, generation, tenantId, kind, term);
  return crowded.length;
}

async function compactTerm(
  tx: Transaction<unknown>,
  generation: number,
  tenantId: string,
  kind: string,
  term: string,
): Promise<void> {
  const scope = [generation, tenantId, kind, term];
  const { rows } = await tx.client.query<{ packed: Buffer }>(
    'DELETE FROM search.search_keyword_postings WHERE generation = $1 AND tenant_id = $2 AND kind = $3 AND term = $4 RETURNING packed',
    scope,
  );
  const postings = concat(rows.map((row) => row.packed));
  const { rows: live } = await tx.client.query<{ ord: string; length: number }>(
    'SELECT ord, length FROM search.search_keyword_records WHERE generation = $1 AND ord = ANY($2::bigint[]) AND NOT deleted',
    [generation, Array.from(postings, (posting) => unpackWide(posting).ord)],
  );
  const lengths = new Map(live.map((row) => [Number(row.ord), row.length]));
  const ranked = [...postings]
    .flatMap((posting) => {
      const { ord, frequency } = unpackWide(posting);
      const length = lengths.get(ord);
      return length === undefined ? [] : [{ posting, ord, impact: frequency / (frequency + length / 100) }];
    })
    .sort((a, b) => b.impact - a.impact);
  for (let at = 0; at < ranked.length; at += BLOCK_POSTINGS_MAX) {
    const block = ranked.slice(at, at + BLOCK_POSTINGS_MAX);
    await tx.client.query(
      `INSERT INTO search.search_keyword_postings (generation, tenant_id, kind, term, block, count, impact_max, packed)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [...scope, -1 - at, block.length, block[0]?.impact ?? 0, toBytes(block.map(({ posting }) => posting))],
    );
  }
}

function toBytes(postings: readonly number[]): Buffer {
  return Buffer.from(Float64Array.from(postings).buffer);
}

function concat(blocks: readonly Buffer[]): Float64Array {
  const postings = new Float64Array(blocks.reduce((sum, block) => sum + block.length, 0) / 8);
  let at = 0;
  for (const block of blocks) {
    const copy = new Uint8Array(block);
    postings.set(new Float64Array(copy.buffer, 0, copy.length / 8), at);
    at += copy.length / 8;
  }
  return postings;
}
