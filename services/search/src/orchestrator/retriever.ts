import { LEGS, type Leg, type LegReport, type LegReports, type SearchResponse } from '@peermesh/contracts/search';
import type { Database } from '@peermesh/database';
import { findExact, LINKED_MAX, linkEntities } from '../adapters/pg/entity-linker.ts';
import { normalizeName } from '../domain/analysis/analyzer.ts';
import type { LegHits, PinnedHit } from '../domain/fusion/fuse.ts';
import type { NamedEntity } from '../domain/keyword/name-book.ts';
import { nameCandidates } from '../domain/query/parse-query.ts';
import type { DocumentRow, EntityRow } from '../domain/records/document-row.ts';
import type { GraphSeed, LegContext, LegQuery, LegResult, SpaceVector, Viewer } from '../ports.ts';
import { documentAttributes, entityAttributes } from '../projection/change-reader.ts';
import type { RunningBackend } from '../projection/generation-registry.ts';
import type { Embedders } from './embedders.ts';
import { DeadlinePassed, type LegOutcome, type LegRunner } from './leg-runner.ts';
import type { SearchContext } from './orchestrator.ts';
import type { SearchPlan } from './plan.ts';

/** What the legs found and how they fared. */
export interface Retrieval {
  readonly legs: readonly LegHits[];
  readonly results: ReadonlyMap<Leg, LegResult>;
  readonly reports: LegReports;
  readonly pins: readonly PinnedHit[];
  readonly degradedLegs: readonly Leg[];
  readonly coverage: SearchResponse['coverage'];
  readonly legsStartedAt: number;
}

/** Entities by name from the memory of a keyword backend; null when it has none. */
export type NameLookup = (
  running: RunningBackend | undefined,
  names: readonly string[],
  viewer: Viewer,
  max: number,
) => readonly NamedEntity[] | null;

/** Kept of the deadline for fusing and reading records. */
const RESERVE_MS = 25;
const GRAPH_EXPANSION_MS_MIN = 60;
const ANSWERED_ENOUGH = 0.8;
const STRAGGLER_SHARE = 0.25;
const SEED_HITS = 10;
const EXACT_ID = /^(doc|ent)_[A-Za-z0-9-]{1,64}$/;

/** Runs the legs of one search in parallel under one deadline. */
export class Retriever {
  readonly #db: Database<unknown>;
  readonly #runner: LegRunner;
  readonly #embedders: Embedders;

  readonly #names: NameLookup;

  constructor(options: {
    readonly db: Database<unknown>;
    readonly runner: LegRunner;
    readonly embedders: Embedders;
    readonly names: NameLookup;
  }) {
    this.#db = options.db;
    this.#runner = options.runner;
    this.#embedders = options.embedders;
    this.#names = options.names;
  }

  /** Never rejects for a leg: what went wrong is in the reports. */
  async retrieve(
    plan: SearchPlan,
    active: ReadonlyMap<Leg, RunningBackend>,
    window: number,
    context: SearchContext,
    startedAt: number,
  ): Promise<Retrieval> {
    const round = new Round(
      plan,
      active,
      window,
      context,
      startedAt,
      this.#db,
      this.#runner,
      this.#embedders,
      this.#names,
    );
    return round.run();
  }
}

/** One search. */
class Round {
  readonly #plan: SearchPlan;
  readonly #active: ReadonlyMap<Leg, RunningBackend>;
  readonly #window: number;
  readonly #context: SearchContext;
  readonly #startedAt: number;
  readonly #db: Database<unknown>;
  readonly #runner: LegRunner;
  readonly #embedders: Embedders;
  readonly #names: NameLookup;
  readonly #outcomes = new Map<Leg, LegOutcome>();
  readonly #aborts = new Set<AbortController>();
  readonly #firstHits = Promise.withResolvers<readonly GraphSeed[]>();
  #pins: PinnedHit[] = [];

  constructor(
    plan: SearchPlan,
    active: ReadonlyMap<Leg, RunningBackend>,
    window: number,
    context: SearchContext,
    startedAt: number,
    db: Database<unknown>,
    runner: LegRunner,
    embedders: Embedders,
    names: NameLookup,
  ) {
    this.#plan = plan;
    this.#active = active;
    this.#window = window;
    this.#context = context;
    this.#startedAt = startedAt;
    this.#db = db;
    this.#runner = runner;
    this.#embedders = embedders;
    this.#names = names;
  }

  async run(): Promise<Retrieval> {
    const legsStartedAt = performance.now();
    const linked = this.#link();
    const pending = [...this.#plan.legs.keys()].map(async (leg) => {
      const outcome = await this.#leg(leg, linked);
      if (!this.#outcomes.has(leg)) this.#outcomes.set(leg, outcome);
      this.#offerSeeds(leg, outcome);
    });
    await this.#wait(pending, linked);
    for (const controller of this.#aborts) controller.abort(new Error('nobody waits for this leg any more'));
    return this.#collect(legsStartedAt);
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
    if (timeoutMs <= 0) return this.#failed(running, 'timeout', 'deadline');
    const controller = new AbortController();
    this.#aborts.add(controller);
    const timer = setTimeout(() => controller.abort(new DeadlinePassed()), timeoutMs);
    const signal = AbortSignal.any([controller.signal, this.#context.signal]);
    try {
      return await this.#runner.run(running, this.#query(vector, seeds, plan?.scoreMin ?? null, leg), {
        viewer: this.#context.viewer,
        signal,
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

  /** Finds entities named in the query: they seed the graph, and one whose name is the whole query is pinned. */
  async #link(): Promise<readonly NamedEntity[]> {
    const text = this.#plan.parsed.plain;
    if (text === '') return [];
    const context: LegContext = {
      viewer: this.#context.viewer,
      signal: this.#context.signal,
      timeoutMs: Math.max(1, this.#remaining()),
    };
    try {
      if (EXACT_ID.test(text)) {
        await this.#pinExact(text, context);
        return [];
      }
      const names = nameCandidates(text);
      const linked =
        this.#names(this.#active.get('keyword'), names, context.viewer, LINKED_MAX) ??
        (await linkEntities(this.#db, names, context));
      const whole = normalizeName(text);
      this.#pins = linked
        .filter((entity) => entity.nameKey === whole && this.#passes(entity.id, entity.attributes))
        .slice(0, 3)
        .map(({ id, attributes }) => ({ id, attributes, pin: 'name' }));
      return linked;
    } catch {
      return [];
    }
  }

  async #pinExact(id: string, context: LegContext): Promise<void> {
    const found = await findExact(this.#db, id, context);
    if (found === null) return;
    const attributes =
      found.kind === 'doc' ? documentAttributes(found.row as DocumentRow) : entityAttributes(found.row as EntityRow);
    if (this.#passes(id, attributes)) this.#pins = [{ id, attributes, pin: 'id' }];
  }

  #passes(id: string, attributes: PinnedHit['attributes']): boolean {
    const { matches } = this.#plan.filter;
    return matches === null || matches(id, attributes);
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
      if (status === 'ok' || status === 'partial') answered += weight;
    }
    return wanted === 0 ? 1 : answered / wanted;
  }

  #reportOf(leg: Leg): LegReport {
    if (this.#plan.disabled.has(leg)) return { status: 'disabled', reason: 'not_requested' };
    if (!this.#plan.legs.has(leg)) return { status: 'skipped', reason: 'not_applicable' };
    const outcome = this.#outcomes.get(leg);
    if (outcome !== undefined) return outcome.report;
    const generation = this.#active.get(leg)?.generation;
    const tookMs = Math.round(performance.now() - this.#startedAt);
    return {
      status: 'timeout',
      reason: 'deadline',
      tookMs,
      ...(generation === undefined ? {} : { impl: generation.impl, generation: generation.generation }),
    };
  }

  #collect(legsStartedAt: number): Retrieval {
    const reports = Object.fromEntries(LEGS.map((leg) => [leg, this.#reportOf(leg)])) as LegReports;
    const results = new Map<Leg, LegResult>();
    const legs: LegHits[] = [];
    let requested = 0;
    let answered = 0;
    for (const [leg, { weight }] of this.#plan.legs) {
      if (reports[leg].status === 'skipped') continue;
      requested += weight;
      const result = this.#outcomes.get(leg)?.result ?? null;
      if (result === null) continue;
      answered += weight;
      results.set(leg, result);
      legs.push({ leg, weight, hits: result.hits });
    }
    return {
      legs,
      results,
      reports,
      pins: this.#pins,
      degradedLegs: LEGS.filter((leg) => !['ok', 'disabled', 'skipped'].includes(reports[leg].status)),
      coverage: { weightAnswered: rounded(answered), weightRequested: rounded(requested) },
      legsStartedAt,
    };
  }
}

function rounded(weight: number): number {
  return Math.round(weight * 1_000) / 1_000;
}
