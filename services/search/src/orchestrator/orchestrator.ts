import type { Leg, LegReports, SearchRequest, SearchResponse } from '@peermesh/contracts/search';
import { LEGS } from '@peermesh/contracts/search';
import { searchErrors } from '@peermesh/errors';
import type { HydratedRecord, Hydrator } from '../adapters/pg/hydrator.ts';
import type { PageSnapshots } from '../adapters/pg/page-snapshots.ts';
import { mayRead } from '../adapters/pg/record-rules.ts';
import { normalizeName } from '../domain/analysis/analyzer.ts';
import type { FusedHit } from '../domain/fusion/fuse.ts';
import { fuse } from '../domain/fusion/fuse.ts';
import { Highlighter } from '../domain/query/snippet.ts';
import type { Viewer } from '../ports.ts';
import type { GenerationRegistry, RunningBackend } from '../projection/generation-registry.ts';
import { AnswerCache } from './answer-cache.ts';
import { facetsOf, hitOf, totalOf } from './answer-shape.ts';
import { awaitSequence } from './await-sequence.ts';
import { type FrozenList, packList, unpackList } from './frozen-list.ts';
import { round } from './leg-runner.ts';
import { enforcePartialPolicy, isDegraded, warningsOf } from './partial-policy.ts';
import { planSearch, type SearchPlan } from './plan.ts';
import { answerKey, fingerprintOf, PageOwners } from './request-identity.ts';
import type { Retrieval } from './retrieval.ts';
import type { Retriever } from './retriever.ts';
import type { SearchMetrics } from './search-metrics.ts';
import { type TurnQueue, WaitedTooLong } from './turn-queue.ts';

/** What {@link Orchestrator} needs. */
export interface OrchestratorOptions {
  readonly hydrator: Hydrator;
  readonly registry: GenerationRegistry;
  readonly retriever: Retriever;
  readonly snapshots: PageSnapshots;
  readonly turns: TurnQueue;
  readonly metrics: SearchMetrics;
  readonly now: () => number;
  /** Answers that are kept; 0 keeps none. */
  readonly cacheMax: number;
}

/** Where a request comes from. */
export interface SearchContext {
  readonly viewer: Viewer;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

/** An answer and the legs that did not answer in full. */
export interface SearchAnswer {
  readonly body: SearchResponse;
  readonly degradedLegs: readonly Leg[];
}

const HYDRATE_MS_MAX = 2_000;
/** A question that could not be started in this time is refused. */
const WAIT_MS_MAX = 1_000;
const WINDOW_MAX = 1_000;

/** Runs searches: plan, retrieve, fuse, freeze, hydrate. */
export class Orchestrator {
  readonly #options: OrchestratorOptions;
  readonly #cache: AnswerCache<SearchAnswer>;
  readonly #owners = new PageOwners();

  constructor(options: OrchestratorOptions) {
    this.#options = options;
    this.#cache = new AnswerCache(options.cacheMax, options.metrics);
  }

  /** Answers one search. Rejects with the errors that the route names. */
  async search(request: SearchRequest, context: SearchContext): Promise<SearchAnswer> {
    const startedAt = performance.now();
    const active = this.#options.registry.active;
    const plan = planSearch(request, active.get('vector')?.backend.capabilities().space ?? null);
    if (request.minSeq !== undefined)
      await awaitSequence(request.minSeq, [...plan.legs.keys()], active, context.signal);
    const readyAt = performance.now();
    const cursor = request.page?.cursor ?? null;
    const run = async (): Promise<SearchAnswer> => {
      const begunAt = await this.#begin(plan, context.signal, readyAt);
      return cursor === null
        ? this.#first(plan, active, context, begunAt)
        : this.#later(plan, active, cursor, context, begunAt);
    };
    const answer =
      cursor === null ? await this.#cache.through(answerKey(request, active, context.viewer), run) : await run();
    const tookMs = round(performance.now() - startedAt);
    this.#options.metrics.request(plan.mode, 'ok', answer.body.degraded, tookMs / 1000);
    return { ...answer, body: { ...answer.body, tookMs, requestId: context.requestId } };
  }

  /**
   * Waits for the turn of the question. Its time starts then: waiting must not make the answer a worse one. A deadline of
   * the caller's own counts from the beginning.
   */
  async #begin({ mode, request }: SearchPlan, signal: AbortSignal, readyAt: number): Promise<number> {
    const { turns, metrics } = this.#options;
    try {
      metrics.waited((await turns.turn(Math.min(WAIT_MS_MAX, request.deadlineMs ?? WAIT_MS_MAX), signal)) / 1000);
    } catch (error) {
      if (!(error instanceof WaitedTooLong)) throw error;
      metrics.request(mode, 'shed', true, error.waitedMs / 1000);
      throw searchErrors.overloaded({ retryAfterSeconds: 1, cause: error });
    }
    return request.deadlineMs === undefined ? performance.now() : readyAt;
  }

  async #first(
    plan: SearchPlan,
    active: ReadonlyMap<Leg, RunningBackend>,
    context: SearchContext,
    startedAt: number,
  ): Promise<SearchAnswer> {
    const frozen = await this.#fuse(plan, active, plan.window, context, startedAt);
    const size = plan.pageSize;
    const hasMore = frozen.hits.length > size || !frozen.isExhausted;
    const cursorAt = hasMore && frozen.hits.length > 0 ? this.#freeze(plan, context.viewer, frozen) : null;
    return this.#page(plan, frozen, 0, cursorAt, context, startedAt);
  }

  async #later(
    plan: SearchPlan,
    active: ReadonlyMap<Leg, RunningBackend>,
    cursor: string,
    context: SearchContext,
    startedAt: number,
  ): Promise<SearchAnswer> {
    const { snapshots, metrics } = this.#options;
    const opened = await snapshots
      .open(cursor, this.#owners.of(context.viewer), fingerprintOf(plan.request))
      .catch((error: unknown) => {
        metrics.snapshot('miss');
        throw error;
      });
    const frozen = unpackList(opened.page);
    if (opened.offset < frozen.hits.length || frozen.isExhausted || frozen.window >= WINDOW_MAX) {
      metrics.snapshot('hit');
      return this.#page(plan, frozen, opened.offset, opened.cursorAt, context, startedAt);
    }
    metrics.windowExhausted();
    metrics.snapshot('extended');
    const window = Math.min(WINDOW_MAX, frozen.window * 3);
    const deeper = await this.#fuse(plan, active, window, context, startedAt);
    const shown = new Set(frozen.hits.map(({ id }) => id));
    const extended: FrozenList = {
      ...deeper,
      hits: [...frozen.hits, ...deeper.hits.filter(({ id }) => !shown.has(id))],
    };
    return this.#page(plan, extended, opened.offset, this.#freeze(plan, context.viewer, extended), context, startedAt);
  }

  #freeze(plan: SearchPlan, viewer: Viewer, frozen: FrozenList): (offset: number) => string {
    return this.#options.snapshots.freeze(this.#owners.of(viewer), fingerprintOf(plan.request), (allocate) =>
      packList(frozen, allocate),
    );
  }

  async #fuse(
    plan: SearchPlan,
    active: ReadonlyMap<Leg, RunningBackend>,
    window: number,
    context: SearchContext,
    startedAt: number,
  ): Promise<FrozenList> {
    const { retriever, metrics, now } = this.#options;
    const found = await retriever.retrieve(plan, active, window, context, startedAt);
    enforcePartialPolicy(plan, found, metrics);
    const fusion = plan.request.fusion;
    const freshness = plan.request.freshness;
    const dedupe = plan.request.dedupe ?? 'content';
    const hits = fuse(found.legs, found.pins, {
      method: fusion?.method ?? 'convex',
      k: fusion?.k ?? 60,
      freshness:
        freshness === undefined
          ? null
          : {
              field: freshness.field ?? 'publishedAt',
              halfLifeDays: freshness.halfLifeDays,
              floor: freshness.floor ?? 0.75,
            },
      foldContent: dedupe !== 'none',
      foldNames: dedupe === 'entity',
      titleKey: titleKeyOf(plan),
      now: now(),
    });
    for (const { leg, ratio } of uniqueShares(found, hits)) metrics.unique(leg, ratio);
    const slowestMs = Math.max(0, ...Object.values(found.reports).map((report) => report.tookMs ?? 0));
    metrics.overhead((performance.now() - found.legsStartedAt - slowestMs) / 1000);
    return {
      hits,
      window,
      isExhausted: found.legs.every((leg) => leg.hits.length < window),
      head: {
        facets: facetsOf(plan, found, hits),
        total: totalOf(found, hits.length),
        degraded: found.degradedLegs.length > 0,
        sources: found.reports,
        coverage: found.coverage,
        warnings: warningsOf(plan, found),
      },
    };
  }

  async #page(
    plan: SearchPlan,
    frozen: FrozenList,
    offset: number,
    cursorAt: ((offset: number) => string) | null,
    context: SearchContext,
    startedAt: number,
  ): Promise<SearchAnswer> {
    const { metrics } = this.#options;
    const slice = frozen.hits.slice(offset, offset + plan.pageSize);
    const records = await this.#hydrate(
      slice.map(({ id }) => id),
      plan.request.asOf,
      context,
      frozen.head.sources,
    );
    const allowed = slice.filter((hit) => {
      const record = records.get(hit.id);
      return record === undefined || mayRead(context.viewer, record.acl);
    });
    if (allowed.length < slice.length) metrics.backstopDrops(slice.length - allowed.length);
    const highlighter = new Highlighter(plan.parsed.terms.keys());
    const results = allowed.flatMap((hit) => {
      const record = records.get(hit.id);
      return record === undefined ? [] : [hitOf(plan, hit, record, highlighter)];
    });
    const end = offset + slice.length;
    const hasNext = end < frozen.hits.length || (!frozen.isExhausted && frozen.window < WINDOW_MAX && slice.length > 0);
    const degradedLegs = LEGS.filter((leg) => isDegraded(frozen.head.sources[leg]));
    metrics.slack((plan.deadlineMs - (performance.now() - startedAt)) / 1000);
    return {
      degradedLegs,
      body: {
        ...frozen.head,
        results,
        page: {
          next: hasNext && cursorAt !== null ? cursorAt(end) : null,
          size: plan.pageSize,
          offset,
          window: frozen.hits.length,
        },
        tookMs: 0,
        requestId: context.requestId,
      },
    };
  }

  async #hydrate(
    ids: readonly string[],
    asOf: string | undefined,
    context: SearchContext,
    sources: LegReports,
  ): Promise<ReadonlyMap<string, HydratedRecord>> {
    try {
      return await this.#options.hydrator.read(ids, asOf, {
        viewer: context.viewer,
        signal: context.signal,
        timeoutMs: HYDRATE_MS_MAX,
      });
    } catch (error) {
      context.signal.throwIfAborted();
      throw searchErrors.sourcesUnavailable({
        detail: 'The records cannot be read.',
        cause: error,
        retryAfterSeconds: 1,
        meta: { sources },
      });
    }
  }
}

function uniqueShares(found: Retrieval, hits: readonly FusedHit[]): { leg: Leg; ratio: number }[] {
  const top = hits.slice(0, 10);
  if (top.length === 0) return [];
  return found.legs.map(({ leg }) => ({
    leg,
    ratio: top.filter((hit) => hit.sources.length === 1 && hit.sources[0]?.source === leg).length / top.length,
  }));
}

/** Only a query of several words is taken for a title. */
function titleKeyOf(plan: SearchPlan): string | null {
  const key = normalizeName(plan.parsed.plain);
  return key.includes(' ') ? key : null;
}
