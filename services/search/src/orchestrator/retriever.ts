import type { Leg, LegReport } from '@peermesh/contracts/search';
import type { PinnedHit } from '../domain/fusion/fuse.ts';
import type { NamedEntity } from '../domain/keyword/name-book.ts';
import type { GraphSeed, LegContext, LegQuery, SpaceVector } from '../ports.ts';
import type { RunningBackend } from '../projection/generation-registry.ts';
import type { Embedders } from './embedders.ts';
import { DeadlinePassed, type LegOutcome, type LegRunner } from './leg-runner.ts';
import type { NameLinker } from './name-linker.ts';
import type { SearchContext } from './orchestrator.ts';
import type { SearchPlan } from './plan.ts';
import { collectRetrieval, type Retrieval } from './retrieval.ts';

/** Kept of the deadline for fusing and reading records. */
const RESERVE_MS = 25;
const GRAPH_EXPANSION_MS_MIN = 60;
const ANSWERED_ENOUGH = 0.8;
const STRAGGLER_SHARE = 0.3;
const SEED_HITS = 10;

/** What {@link Retriever} needs. */
export interface RetrieverOptions {
  readonly runner: LegRunner;
  readonly embedders: Embedders;
  readonly linker: NameLinker;
}

/** Runs the legs of one search in parallel under one deadline. */
export class Retriever {
  readonly #options: RetrieverOptions;

  constructor(options: RetrieverOptions) {
    this.#options = options;
  }

  /** Never rejects for a leg: what went wrong is in the reports. */
  async retrieve(
    plan: SearchPlan,
    active: ReadonlyMap<Leg, RunningBackend>,
    window: number,
    context: SearchContext,
    startedAt: number,
  ): Promise<Retrieval> {
    return new Round(this.#options, plan, active, window, context, startedAt).run();
  }
}

/** One search. */
class Round {
  readonly #runner: LegRunner;
  readonly #embedders: Embedders;
  readonly #linker: NameLinker;
  readonly #plan: SearchPlan;
  readonly #active: ReadonlyMap<Leg, RunningBackend>;
  readonly #window: number;
  readonly #context: SearchContext;
  readonly #startedAt: number;
  readonly #outcomes = new Map<Leg, LegOutcome>();
  readonly #aborts = new Set<AbortController>();
  readonly #firstHits = Promise.withResolvers<readonly GraphSeed[]>();
  #pins: readonly PinnedHit[] = [];

  constructor(
    { runner, embedders, linker }: RetrieverOptions,
    plan: SearchPlan,
    active: ReadonlyMap<Leg, RunningBackend>,
    window: number,
    context: SearchContext,
    startedAt: number,
  ) {
    this.#runner = runner;
    this.#embedders = embedders;
    this.#linker = linker;
    this.#plan = plan;
    this.#active = active;
    this.#window = window;
    this.#context = context;
    this.#startedAt = startedAt;
  }

  async run(): Promise<Retrieval> {
    const legsStartedAt = performance.now();
    const linked = this.#link();
    const pending = [...this.#plan.legs.keys()].map(async (leg) => {
      const outcome = await this.#leg(leg, linked);
      if (!this.#outcomes.has(leg)) this.#outcomes.set(leg, outcome);
      this.#offerSeeds(leg, outcome);
    });
    const { signal } = this.#context;
    const stop = (): void => this.#stop(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    await this.#wait(pending, linked);
    signal.removeEventListener('abort', stop);
    this.#stop(new Error('nobody waits for this leg any more'));
    return collectRetrieval(this.#plan, this.#active, this.#outcomes, this.#pins, {
      startedAt: this.#startedAt,
      legsStartedAt,
    });
  }

  #stop(reason: Error): void {
    for (const controller of this.#aborts) controller.abort(reason);
  }

  /** Until all have answered, or enough weight has and the stragglers had their share of the rest, or the deadline. */
  async #wait(pending: readonly Promise<void>[], linked: Promise<unknown>): Promise<void> {
    const everything = Promise.all([...pending, linked]);
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const deadline = setTimeout(resolve, Math.max(0, this.#remaining()));
    let straggling: NodeJS.Timeout | undefined;
    for (const leg of pending) {
      void leg.then(() => {
        if (straggling === undefined && this.#answeredShare() >= ANSWERED_ENOUGH) {
          straggling = setTimeout(resolve, Math.max(0, this.#remaining()) * STRAGGLER_SHARE);
        }
      });
    }
    await Promise.race([everything, over]);
    clearTimeout(deadline);
    clearTimeout(straggling);
  }

  async #leg(leg: Leg, linked: Promise<readonly NamedEntity[]>): Promise<LegOutcome> {
    const running = this.#active.get(leg);
    if (running === undefined) return { report: { status: 'disabled', reason: 'not_applicable' }, result: null };
    let vector: SpaceVector | null = null;
    let seeds: readonly GraphSeed[] = [];
    if (leg === 'vector') {
      const embedded = await this.#embedders.embed(
        running,
        this.#plan.parsed.plain,
        this.#remaining(),
        this.#context.signal,
      );
      if ('reason' in embedded)
        return this.#failed(running, embedded.reason === 'embed_timeout' ? 'timeout' : 'error', embedded.reason);
      if (embedded.vector === null) return { report: { status: 'skipped', reason: 'not_applicable' }, result: null };
      vector = embedded.vector;
    }
    if (leg === 'graph') {
      seeds = await this.#seeds(linked);
      if (seeds.length === 0) return { report: { status: 'skipped', reason: 'not_applicable' }, result: null };
    }
    const plan = this.#plan.legs.get(leg);
    const timeoutMs = Math.min(plan?.deadlineMs ?? Number.POSITIVE_INFINITY, this.#remaining());
    if (timeoutMs <= 0 || this.#context.signal.aborted) return this.#failed(running, 'timeout', 'deadline');
    const controller = new AbortController();
    this.#aborts.add(controller);
    const timer = setTimeout(() => controller.abort(new DeadlinePassed()), timeoutMs);
    try {
      return await this.#runner.run(running, this.#query(vector, seeds, plan?.scoreMin ?? null, leg), {
        viewer: this.#context.viewer,
        signal: controller.signal,
        timeoutMs,
      });
    } finally {
      clearTimeout(timer);
      this.#aborts.delete(controller);
    }
  }

  #query(vector: SpaceVector | null, seeds: readonly GraphSeed[], scoreMin: number | null, leg: Leg): LegQuery {
    const { request, filter, kinds } = this.#plan;
    return {
      text: request.query,
      vector,
      seeds,
      graph: {
        maxHops: request.graph?.maxHops ?? 2,
        fanout: request.graph?.fanout ?? 50,
        edgeTypes: request.graph?.edgeTypes ?? null,
      },
      filter,
      limit: this.#window,
      facets: leg === 'keyword' ? (request.facets ?? []) : [],
      kinds,
      scoreMin,
    };
  }

  /** Finds entities named in the query: they seed the graph, and those of exactly that name or id are pinned. */
  async #link(): Promise<readonly NamedEntity[]> {
    const context: LegContext = {
      viewer: this.#context.viewer,
      signal: this.#context.signal,
      timeoutMs: Math.max(1, this.#remaining()),
    };
    try {
      const { linked, pins } = await this.#linker.link(this.#plan, this.#active.get('keyword'), context);
      this.#pins = pins;
      return linked;
    } catch {
      return [];
    }
  }

  /** From the request, else entities named in the query, else (where a graph was asked for) the first hits of other legs. */
  async #seeds(linked: Promise<readonly NamedEntity[]>): Promise<readonly GraphSeed[]> {
    const { request, mode } = this.#plan;
    const given = request.graph?.seeds ?? [];
    if (given.length > 0) return given.map((id) => ({ id, weight: 1 }));
    const named = await linked;
    if (named.length > 0) return named.map((entity) => ({ id: entity.id, weight: entity.isAlias ? 0.8 : 1 }));
    const usesHits = mode === 'graph' || mode === 'hybrid' || request.sources?.graph?.enabled === true;
    if (!usesHits || ![...this.#plan.legs.keys()].some((leg) => leg === 'keyword' || leg === 'vector')) return [];
    const seeds = await this.#firstHits.promise;
    return this.#remaining() >= GRAPH_EXPANSION_MS_MIN ? seeds : [];
  }

  #offerSeeds(leg: Leg, outcome: LegOutcome): void {
    if (leg !== 'keyword' && leg !== 'vector') return;
    const hits = outcome.result?.hits.slice(0, SEED_HITS) ?? [];
    const others = [...this.#plan.legs.keys()].filter((other) => other === 'keyword' || other === 'vector');
    if (hits.length > 0) this.#firstHits.resolve(hits.map((hit, i) => ({ id: hit.id, weight: 1 / (i + 1) })));
    else if (others.every((other) => this.#outcomes.has(other))) this.#firstHits.resolve([]);
  }

  #failed(
    { generation }: RunningBackend,
    status: 'timeout' | 'error',
    reason: NonNullable<LegReport['reason']>,
  ): LegOutcome {
    return {
      report: { status, reason, impl: generation.impl, generation: generation.generation, tookMs: 0 },
      result: null,
    };
  }

  #remaining(): number {
    const reserve = Math.min(RESERVE_MS, this.#plan.deadlineMs / 4);
    return this.#plan.deadlineMs - reserve - (performance.now() - this.#startedAt);
  }

  #answeredShare(): number {
    let wanted = 0;
    let answered = 0;
    for (const [leg, { weight }] of this.#plan.legs) {
      const status = this.#outcomes.get(leg)?.report.status;
      if (status === 'skipped') continue;
      wanted += weight;
      if (status === 'ok' || status === 'partial' || status === 'stale') answered += weight;
    }
    return wanted === 0 ? 1 : answered / wanted;
  }
}
