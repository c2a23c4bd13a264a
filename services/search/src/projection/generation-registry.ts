import type { Leg } from '@peermesh/contracts/search';
import type { Database } from '@peermesh/database';
import type { Logger } from '@peermesh/telemetry';
import type { SearchBackend } from '../ports.ts';

/** A row of `search_backend_generations`. */
export interface Generation {
  readonly kind: Leg;
  readonly generation: number;
  readonly impl: string;
  readonly spaceId: string | null;
  readonly state: 'backfill' | 'active' | 'standby' | 'retired';
  readonly epoch: number;
  readonly cursor: number;
  readonly records: number;
  readonly createdAt: Date;
}

/** A backend with the generation that it serves. */
export interface RunningBackend {
  readonly generation: Generation;
  readonly backend: SearchBackend;
}

/** Makes the backend of a generation. */
export type BackendFactory = (generation: Generation) => Promise<SearchBackend>;

/**
 * The backends of this process: one for each generation that is not retired. A request takes {@link active} once and
 * keeps what it got; a retired backend is closed only when the requests that may hold it are over.
 */
export class GenerationRegistry {
  readonly #db: Database<unknown>;
  readonly #factory: BackendFactory;
  readonly #logger: Logger;
  readonly #drainMs: number;
  #running = new Map<string, RunningBackend>();
  #active = new Map<Leg, RunningBackend>();

  constructor(options: { db: Database<unknown>; factory: BackendFactory; logger: Logger; drainMs?: number }) {
    this.#db = options.db;
    this.#factory = options.factory;
    this.#logger = options.logger;
    this.#drainMs = options.drainMs ?? 10_000;
  }

  /** The active backend of each kind. The map is never changed, only replaced. */
  get active(): ReadonlyMap<Leg, RunningBackend> {
    return this.#active;
  }

  /** Every backend that is kept fresh. */
  get running(): readonly RunningBackend[] {
    return [...this.#running.values()];
  }

  /** Reads the registry of record and follows it. */
  async reload(): Promise<void> {
    const rows = await readGenerations(this.#db);
    const running = new Map<string, RunningBackend>();
    for (const row of rows) {
      if (row.state === 'retired') continue;
      const key = `${row.kind}/${row.generation}`;
      const known = this.#running.get(key);
      running.set(key, { generation: row, backend: known?.backend ?? (await this.#open(row)) });
    }
    const gone = [...this.#running].filter(([key]) => !running.has(key));
    this.#running = running;
    this.#active = new Map(
      [...running.values()]
        .filter(({ generation }) => generation.state === 'active')
        .map((entry) => [entry.generation.kind, entry]),
    );
    for (const [, { backend }] of gone) setTimeout(() => void backend.close(), this.#drainMs).unref();
  }

  async close(): Promise<void> {
    await Promise.all(this.running.map(({ backend }) => backend.close()));
  }

  async #open(row: Generation): Promise<SearchBackend> {
    this.#logger.info(
      { kind: row.kind, generation: row.generation, impl: row.impl, space: row.spaceId },
      'backend opened',
    );
    return this.#factory(row);
  }
}

/** All generations, newest last. */
export async function readGenerations(db: Database<unknown>): Promise<Generation[]> {
  const { rows } = await db.pool.query<{
    kind: Leg;
    generation: number;
    impl: string;
    space_id: string | null;
    state: Generation['state'];
    epoch: number;
    cursor_seq: string;
    records: string;
    created_at: Date;
  }>('SELECT * FROM search.search_backend_generations ORDER BY kind, generation');
  return rows.map((row) => ({
    kind: row.kind,
    generation: row.generation,
    impl: row.impl,
    spaceId: row.space_id,
    state: row.state,
    epoch: row.epoch,
    cursor: Number(row.cursor_seq),
    records: Number(row.records),
    createdAt: row.created_at,
  }));
}
