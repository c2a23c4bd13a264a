import type { Database } from '@peermesh/database';
import type { Logger } from '@peermesh/telemetry';
import { KeywordStore } from '../../domain/keyword/keyword-store.ts';
import type { TermVector } from '../../domain/keyword/term-vector.ts';
import type { RecordAttributes } from '../../ports.ts';
import { Mirror } from './mirror.ts';
import { READ_IN_ORDER } from './read-in-order.ts';

const PAGE = 1_000;

/** A record as the mirror takes it; no vector means that it is gone. */
export interface MirrorEntry {
  readonly tenantId: string;
  readonly id: string;
  readonly attributes: RecordAttributes;
  readonly vector: TermVector | null;
}

/** The keyword records of one generation in memory. */
export type KeywordMirror = Mirror<MirrorEntry, KeywordStore>;

/** An empty mirror of one generation. */
export function keywordMirror(options: {
  readonly db: Database<unknown>;
  readonly generation: number;
  readonly bytesMax: number;
  readonly logger: Logger;
}): KeywordMirror {
  const { db, generation, bytesMax, logger } = options;
  return new Mirror({
    db,
    key: { kind: 'keyword', generation },
    store: new KeywordStore(),
    bytesMax,
    logger,
    put: (store, { tenantId, id, attributes, vector }) => {
      if (vector === null) store.remove(tenantId, id);
      else store.put(tenantId, id, attributes, vector);
    },
    read: (from, upTo) => readKeywords(db, generation, from, upTo),
  });
}

async function* readKeywords(
  db: Database<unknown>,
  generation: number,
  from: number,
  upTo: number,
): AsyncGenerator<readonly MirrorEntry[]> {
  for (let behind = from; ; ) {
    const rows = await readPage(db, generation, behind, upTo);
    yield rows.map((row) => {
      const terms = row.terms === '' ? [] : row.terms.split('\n');
      const vector = row.deleted ? null : { terms, frequencies: row.frequencies, length: row.length };
      return { tenantId: row.tenant_id, id: row.id, attributes: row.attributes, vector };
    });
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    behind = Number(last.seq);
  }
}

function readPage(db: Database<unknown>, generation: number, from: number, upTo: number): Promise<MirrorRow[]> {
  return db.system(
    async (tx) => {
      const { rows } = await tx.client.query<MirrorRow>(
        `SELECT tenant_id, id, deleted, seq, attributes, length, terms, frequencies FROM search.search_keyword_records
          WHERE generation = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT ${PAGE}`,
        [generation, from, upTo],
      );
      return rows;
    },
    { readOnly: true, opening: READ_IN_ORDER },
  );
}

interface MirrorRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly deleted: boolean;
  readonly seq: string;
  readonly attributes: RecordAttributes;
  readonly length: number;
  readonly terms: string;
  readonly frequencies: Buffer;
}
