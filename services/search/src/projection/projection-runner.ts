import { createHash } from 'node:crypto';
import type { Database } from '@peermesh/database';
import type { Bus } from '@peermesh/messaging';
import type { Logger } from '@peermesh/telemetry';
import pg from 'pg';
import { headOf } from '../adapters/pg/change-log.ts';
import type { LogProgress } from '../domain/log-progress.ts';
import type { SearchMetrics } from '../orchestrator/search-metrics.ts';
import { announce, pruneChanges } from './announcer.ts';
import type { GenerationRegistry, RunningBackend } from './generation-registry.ts';
import { activateCaughtUp } from './generation-switch.ts';
import { SharedChangeReader } from './shared-change-reader.ts';
import { WakeableLoop } from './wakeable-loop.ts';

/** What {@link ProjectionRunner} needs. */
export interface ProjectionOptions {
  readonly db: Database<unknown>;
  readonly databaseUrl: string;
  readonly bus: Pick<Bus, 'publishMany'>;
  readonly registry: GenerationRegistry;
  readonly metrics: SearchMetrics;
  /** Is told how far the change log is. */
  readonly progress: LogProgress;
  readonly logger: Logger;
  readonly now: () => number;
  readonly batchSize: number;
  readonly changesKeepHours: number;
}

const IDLE_MS = 500;
const REGISTRY_POLL_MS = 1_000;
const PRUNE_EVERY_MS = 600_000;
const OBSERVE_EVERY_MS = 5_000;

/**
 * Keeps every generation fresh. One replica leads, by an advisory lock on a connection of its own: it projects the
 * change log and announces what all active legs have applied. The others only learn what was applied.
 */
export class ProjectionRunner {
  readonly #options: ProjectionOptions;
  readonly #reader = new SharedChangeReader();
  readonly #projectors = new Map<string, WakeableLoop>();
  readonly #announcer: WakeableLoop;
  readonly #registryLoop: WakeableLoop;
  readonly #refresher: WakeableLoop;
  readonly #session: WakeableLoop;
  #client: pg.Client | null = null;
  #isLeader = false;
  #prunedAt = 0;
  #observedAt = Number.NEGATIVE_INFINITY;
  #lastError: Error | null = null;

  constructor(options: ProjectionOptions) {
    this.#options = options;
    const { logger } = options;
    this.#announcer = new WakeableLoop({ name: 'announcer', idleMs: IDLE_MS, logger, step: () => this.#announce() });
    this.#registryLoop = new WakeableLoop({
      name: 'registry',
      idleMs: REGISTRY_POLL_MS,
      logger,
      step: () => this.#followRegistry(),
    });
    this.#refresher = new WakeableLoop({ name: 'refresher', idleMs: IDLE_MS, logger, step: () => this.#refresh() });
    this.#session = new WakeableLoop({
      name: 'session',
      idleMs: REGISTRY_POLL_MS,
      logger,
      step: () => this.#keepSession(),
    });
  }

  get isLeader(): boolean {
    return this.#isLeader;
  }

  async start(): Promise<void> {
    await this.#options.registry.reload();
    this.#session.start();
    this.#registryLoop.start();
    this.#refresher.start();
    this.#announcer.start();
  }

  async stop(): Promise<void> {
    await Promise.all(
      [this.#session, this.#registryLoop, this.#refresher, this.#announcer, ...this.#projectors.values()].map((loop) =>
        loop.stop(),
      ),
    );
    const client = this.#client;
    this.#client = null;
    this.#isLeader = false;
    await client?.end().catch(() => undefined);
  }

  /** Holds the connection for notifications and leadership; makes it again when it is lost. */
  async #keepSession(): Promise<boolean> {
    if (this.#client === null) this.#client = await this.#connect();
    if (!this.#isLeader) {
      const { rows } = await this.#client.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [
        LEADER_LOCK,
      ]);
      this.#isLeader = rows[0]?.held === true;
      if (this.#isLeader) this.#wakeAll();
    } else {
      await this.#client.query('SELECT 1');
    }
    return false;
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#options.databaseUrl,
      application_name: 'search-projector',
      keepAlive: true,
    });
    const lost = (error?: Error): void => {
      if (this.#client === client || error !== undefined) {
        this.#lastError = error ?? this.#lastError;
        this.#client = null;
        this.#isLeader = false;
      }
    };
    client.on('error', lost);
    client.on('end', () => lost());
    client.on('notification', ({ channel }) => {
      if (channel === 'search_changed') for (const loop of this.#projectors.values()) loop.wake();
      else if (channel === 'search_applied') {
        this.#refresher.wake();
        this.#announcer.wake();
      } else this.#registryLoop.wake();
    });
    await client.connect();
    await client.query('LISTEN search_changed; LISTEN search_applied; LISTEN search_generations');
    return client;
  }

  async #followRegistry(): Promise<boolean> {
    const { registry, logger } = this.#options;
    await registry.reload();
    await this.#observeLog();
    for (const { generation } of registry.running) {
      const key = `${generation.kind}/${generation.generation}`;
      if (this.#projectors.has(key)) continue;
      const loop = new WakeableLoop({
        name: `projector ${key}`,
        idleMs: IDLE_MS,
        logger,
        step: () => this.#project(key),
      });
      this.#projectors.set(key, loop);
      loop.start();
    }
    for (const [key, loop] of this.#projectors) {
      if (this.#find(key) !== undefined) continue;
      this.#projectors.delete(key);
      void loop.stop();
    }
    if (this.#isLeader && (await activateCaughtUp(this.#options.db, logger))) this.#registryLoop.wake();
    return false;
  }

  async #observeLog(): Promise<void> {
    const { db, progress, now } = this.#options;
    if (now() - this.#observedAt < OBSERVE_EVERY_MS) return;
    progress.observe(await db.system((tx) => headOf(tx.client), { readOnly: true }), now());
    this.#observedAt = now();
  }

  /** Legs without vectors read what the active vector leg reads, so that one read serves all. */
  #spaceFor({ backend }: RunningBackend): string | null {
    return (
      backend.capabilities().space ?? this.#options.registry.active.get('vector')?.backend.capabilities().space ?? null
    );
  }

  #find(key: string): RunningBackend | undefined {
    return this.#options.registry.running.find(
      ({ generation }) => `${generation.kind}/${generation.generation}` === key,
    );
  }

  async #project(key: string): Promise<boolean> {
    const running = this.#find(key);
    if (!this.#isLeader || running === undefined) return false;
    const { db, batchSize, metrics } = this.#options;
    const { backend, generation } = running;
    await backend.refresh();
    const from = backend.watermark();
    const batch = await this.#reader.read(db, from, batchSize, this.#spaceFor(running));
    metrics.projectorLag(generation.kind, generation.generation, batch.head - from);
    if (batch.upTo <= from) return false;
    const startedAt = performance.now();
    const ack = await backend.apply(batch.ops, batch.upTo);
    metrics.projected(
      generation.kind,
      generation.generation,
      ack.applied,
      (performance.now() - startedAt) / 1000,
      batch.head - ack.watermark,
    );
    this.#announcer.wake();
    return ack.watermark < batch.head;
  }

  async #announce(): Promise<boolean> {
    if (!this.#isLeader) return false;
    const { db, bus, now, changesKeepHours } = this.#options;
    const hasMore = await announce(db, bus, now);
    if (!hasMore && now() - this.#prunedAt > PRUNE_EVERY_MS) {
      this.#prunedAt = now();
      await pruneChanges(db, changesKeepHours);
    }
    return hasMore;
  }

  async #refresh(): Promise<boolean> {
    for (const { backend } of this.#options.registry.running) await backend.refresh();
    return false;
  }

  #wakeAll(): void {
    for (const loop of [...this.#projectors.values(), this.#announcer, this.#registryLoop]) loop.wake();
  }
}

const LEADER_LOCK = createHash('sha256').update('search.projector').digest().readInt32BE(0);
