import type { Database } from '@peermesh/database';
import { commonErrors } from '@peermesh/errors';
import type { LegContext, Viewer } from '../../ports.ts';
import { AS_TENANT, ofViewer, readInOneTrip, type TenantRead } from './one-trip.ts';

/** What is shown of a hit. */
export interface HydratedRecord {
  readonly id: string;
  readonly type: 'doc' | 'entity';
  readonly version: number;
  readonly title: string;
  readonly text: string;
  readonly url: string | null;
  readonly publishedAt: string | null;
  readonly acl: readonly string[];
}

const TEXT_CHARACTERS = 6_000;

/** Reads that run at once; what arrives meanwhile shares the next one. */
const READS_MAX = 2;
const BATCH_IDS_MAX = 400;

interface Waiting {
  readonly ids: readonly string[];
  readonly resolve: (rows: ReadonlyMap<string, HydratedRecord>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads what is shown of hits from the records themselves: what was deleted meanwhile is absent. Searches that ask at the
 * same time share a statement, by tenant: under load the database answers few statements about many records.
 */
export class Hydrator {
  readonly #db: Database<unknown>;
  readonly #waiting = new Map<string, Waiting[]>();
  #reads = 0;
  #isScheduled = false;

  constructor(db: Database<unknown>) {
    this.#db = db;
  }

  /**
   * With `asOf` it is the version that was current then, if the viewer could read it then; who may read it today is for the
   * caller to decide. Rejects when the records cannot be read in time, and with the signal's reason.
   */
  async read(
    ids: readonly string[],
    asOf: string | undefined,
    context: LegContext,
  ): Promise<ReadonlyMap<string, HydratedRecord>> {
    if (ids.length === 0) return new Map();
    context.signal.throwIfAborted();
    const { viewer } = context;
    return within(context, asOf === undefined ? this.#join(viewer.tenantId, ids) : this.#readThen(viewer, ids, asOf));
  }

  #join(tenantId: string, ids: readonly string[]): Promise<ReadonlyMap<string, HydratedRecord>> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(tenantId) ?? [];
      waiting.push({ ids, resolve, reject });
      this.#waiting.set(tenantId, waiting);
      if (this.#isScheduled || this.#reads >= READS_MAX) return;
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        this.#next();
      });
    });
  }

  #next(): void {
    for (const [tenantId, waiting] of this.#waiting) {
      if (this.#reads >= READS_MAX) return;
      const batch = takeBatch(waiting);
      if (waiting.length === 0) this.#waiting.delete(tenantId);
      this.#reads += 1;
      this.#readNow(tenantId, [...new Set(batch.flatMap(({ ids }) => ids))])
        .then(
          (records) => {
            for (const { resolve } of batch) resolve(records);
          },
          (error: unknown) => {
            for (const { reject } of batch) reject(error);
          },
        )
        .finally(() => {
          this.#reads -= 1;
          this.#next();
        });
    }
  }

  async #readNow(tenantId: string, ids: readonly string[]): Promise<Map<string, HydratedRecord>> {
    return byId(await readInOneTrip<HydratedRow>(this.#db, NOW, tenantId, ...byKind(ids)));
  }

  async #readThen(viewer: Viewer, ids: readonly string[], asOf: string): Promise<Map<string, HydratedRecord>> {
    const { tenantId, principals } = viewer;
    return byId(await readInOneTrip<HydratedRow>(this.#db, THEN, tenantId, ...byKind(ids), asOf, principals));
  }
}

function byKind(ids: readonly string[]): [documents: string[], entities: string[]] {
  return [ids.filter((id) => id.startsWith('doc_')), ids.filter((id) => id.startsWith('ent_'))];
}

function byId(rows: readonly HydratedRow[]): Map<string, HydratedRecord> {
  return new Map(rows.map((row) => [row.id, recordOf(row)]));
}

/** The oldest that fit into one statement, at least one. */
function takeBatch(waiting: Waiting[]): Waiting[] {
  let count = 0;
  let ids = 0;
  while (count < waiting.length && (count === 0 || ids + (waiting[count]?.ids.length ?? 0) <= BATCH_IDS_MAX)) {
    ids += waiting[count]?.ids.length ?? 0;
    count += 1;
  }
  return waiting.splice(0, count);
}

/** Stops waiting at the abort and when the time is over. */
async function within<T>({ signal, timeoutMs }: LegContext, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  const timer = setTimeout(
    () => reject(commonErrors.unavailable({ internal: `records were not read within ${timeoutMs} ms` })),
    timeoutMs,
  );
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    work.catch(() => undefined);
  }
}

interface HydratedRow {
  readonly id: string;
  readonly version: number;
  readonly title: string | null;
  readonly text: string;
  readonly url: string | null;
  readonly published_at: Date | null;
  readonly acl: string[];
}

const SHOWN = 'id, version, deleted, title, text, url, published_at, acl';

const ENTITIES = `SELECT held.id, held.version, held.name AS title,
    coalesce(held.description, array_to_string(held.aliases, ', ')) AS text, NULL AS url, NULL::timestamptz AS published_at, held.acl
  FROM viewer CROSS JOIN unnest($3::text[]) AS wanted (id)
  ${ofViewer('search_entities', 'id, version, deleted, name, description, aliases, acl')} WHERE NOT held.deleted`;

const NOW: TenantRead = {
  name: 'search-hydrate',
  text: `${AS_TENANT}
    SELECT held.id, held.version, held.title, left(held.text, ${TEXT_CHARACTERS}) AS text, held.url, held.published_at, held.acl
      FROM viewer CROSS JOIN unnest($2::text[]) AS wanted (id)
      ${ofViewer('search_documents', SHOWN)} WHERE NOT held.deleted
    UNION ALL ${ENTITIES}`,
};

const THEN: TenantRead = {
  name: 'search-hydrate-then',
  text: `${AS_TENANT}
    SELECT held.id, coalesce(past.version, held.version) AS version,
           CASE WHEN past.version IS NULL THEN held.title ELSE past.record ->> 'title' END AS title,
           left(CASE WHEN past.version IS NULL THEN held.text ELSE past.record ->> 'text' END, ${TEXT_CHARACTERS}) AS text,
           CASE WHEN past.version IS NULL THEN held.url ELSE past.record ->> 'url' END AS url,
           CASE WHEN past.version IS NULL THEN held.published_at ELSE (past.record ->> 'published_at')::timestamptz END AS published_at,
           held.acl
      FROM viewer CROSS JOIN unnest($2::text[]) AS wanted (id)
      ${ofViewer('search_documents', `${SHOWN}, updated_at`)}
      LEFT JOIN LATERAL (
        SELECT version, deleted, record FROM search.search_document_versions old
         WHERE old.tenant_id = viewer.tenant AND old.id = held.id AND old.recorded_at <= $4::timestamptz
         ORDER BY version DESC LIMIT 1) past ON held.updated_at > $4::timestamptz
     WHERE NOT held.deleted
       AND (held.updated_at <= $4::timestamptz OR (NOT past.deleted AND past.record -> 'acl' ?| $5::text[]))
    UNION ALL ${ENTITIES}`,
};

function recordOf(row: HydratedRow): HydratedRecord {
  return {
    id: row.id,
    type: row.id.startsWith('ent_') ? 'entity' : 'doc',
    version: row.version,
    title: row.title ?? '',
    text: row.text,
    url: row.url,
    publishedAt: row.published_at?.toISOString() ?? null,
    acl: row.acl,
  };
}
