import type { Leg } from '@peermesh/contracts/search';
import type { LegHit, RecordAttributes } from '../../ports.ts';
import { freshness } from '../time/trend-score.ts';
import { type FusionMethod, normalizeScores } from './normalize.ts';

/** What one leg contributes. */
export interface LegHits {
  readonly leg: Leg;
  readonly weight: number;
  readonly hits: readonly LegHit[];
}

/** Where a hit's score comes from. */
export interface Contribution {
  readonly source: Leg;
  readonly rank: number;
  readonly raw: number;
  readonly norm: number;
  readonly weight: number;
  readonly path?: readonly string[];
  readonly why?: Readonly<Record<string, unknown>>;
}

/** Why a hit stands above all scores. */
export type Pin = 'id' | 'name' | 'title';

/** A hit after fusion. */
export interface FusedHit {
  readonly id: string;
  readonly score: number;
  readonly attributes: RecordAttributes;
  readonly sources: readonly Contribution[];
  readonly boosts: readonly { readonly name: string; readonly factor: number }[];
  readonly pinned: Pin | null;
  readonly duplicates: readonly string[];
}

/** A hit that is put on top. */
export interface PinnedHit {
  readonly id: string;
  readonly attributes: RecordAttributes;
  readonly pin: Pin;
}

/** How to fuse. */
export interface FusionOptions {
  readonly method: FusionMethod;
  readonly k: number;
  readonly freshness: {
    readonly field: 'publishedAt' | 'updatedAt';
    readonly halfLifeDays: number;
    readonly floor: number;
  } | null;
  readonly foldContent: boolean;
  readonly foldNames: boolean;
  /** Documents of exactly this title are lifted to the pin tier. */
  readonly titleKey: string | null;
  readonly now: number;
}

const PIN_ORDER = { id: 0, name: 1, title: 2 } as const;
const NONE: readonly never[] = [];

/**
 * Fuses the legs: normalized scores times renormalized weights, then the freshness multiplier, then the pin tier, then
 * folding of equal contents. Legs without hits drop out. Ordered by pin, score, id.
 */
export function fuse(legs: readonly LegHits[], pins: readonly PinnedHit[], options: FusionOptions): FusedHit[] {
  const filled = legs.filter(({ hits, weight }) => hits.length > 0 && weight > 0);
  const weightSum = filled.reduce((sum, { weight }) => sum + weight, 0);
  const hits: Merged[] = [];
  const merged = new Map<string, Merged>();
  for (let at = 0; at < filled.length; at += 1) {
    const { leg, weight, hits: found } = filled[at] as LegHits;
    const share = weight / weightSum;
    const norms = normalizeScores(found, options.method, options.k);
    const isLast = at === filled.length - 1;
    for (let i = 0; i < found.length; i += 1) {
      const hit = found[i] as LegHit;
      const norm = norms[i] as number;
      const contribution = contributionOf(leg, i + 1, hit, norm, share);
      // A leg names no record twice: what the first and the last leg bring need not be looked for and kept, respectively.
      const entry = at === 0 ? undefined : merged.get(hit.id);
      if (entry === undefined) {
        const fresh = mergedOf(hit, share * norm, [contribution]);
        hits.push(fresh);
        if (!isLast) merged.set(hit.id, fresh);
      } else {
        entry.score += share * norm;
        entry.sources =
          entry.sources.length === 1
            ? [entry.sources[0] as Contribution, contribution]
            : [...entry.sources, contribution];
      }
    }
  }
  for (const pin of pins) {
    let entry = hits.find(({ id }) => id === pin.id);
    if (entry === undefined) {
      entry = mergedOf(pin, 0, []);
      hits.push(entry);
    }
    entry.pinned = pin.pin;
  }
  if (options.freshness !== null) for (const hit of hits) boost(hit, options);
  if (options.titleKey !== null) for (const hit of hits) pinTitle(hit, options.titleKey);
  let ordered: FusedHit[] = orderHits(hits);
  if (options.foldContent) ordered = foldDuplicates(ordered, (hit) => hit.attributes.fingerprint);
  if (options.foldNames)
    ordered = foldDuplicates(ordered, (hit) => (hit.attributes.kind === 'entity' ? hit.attributes.nameKey : null));
  return ordered;
}

function contributionOf(source: Leg, rank: number, hit: LegHit, norm: number, weight: number): Contribution {
  const { raw, path, why } = hit;
  if (path === undefined && why === undefined) return { source, rank, raw, norm, weight };
  return {
    source,
    rank,
    raw,
    norm,
    weight,
    ...(path === undefined ? {} : { path }),
    ...(why === undefined ? {} : { why }),
  };
}

/** A hit while it is put together. */
interface Merged extends FusedHit {
  score: number;
  sources: readonly Contribution[];
  boosts: FusedHit['boosts'];
  pinned: Pin | null;
}

function mergedOf(hit: Pick<LegHit, 'id' | 'attributes'>, score: number, sources: readonly Contribution[]): Merged {
  const { id, attributes } = hit;
  return { id, score, attributes, sources, boosts: NONE, pinned: null, duplicates: NONE };
}

function boost(hit: Merged, options: FusionOptions): void {
  const factor = boostOf(hit.attributes, options);
  if (factor === null) return;
  hit.score *= factor;
  hit.boosts = [{ name: 'freshness', factor }];
}

function pinTitle(hit: Merged, titleKey: string): void {
  if (hit.pinned === null && hit.attributes.nameKey === titleKey) hit.pinned = 'title';
}

/** By whole numbers: differences of scores would each be a number on the heap. */
function byScore(a: FusedHit, b: FusedHit): number {
  if (a.score !== b.score) return a.score > b.score ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

function orderHits<Hit extends FusedHit>(hits: Hit[]): Hit[] {
  return hits.sort(byScore).some(({ pinned }) => pinned !== null) ? hits.sort((a, b) => tierOf(a) - tierOf(b)) : hits;
}

function tierOf({ pinned }: FusedHit): number {
  return pinned === null ? 3 : PIN_ORDER[pinned];
}

/** Folds hits of the same key into the first of them, which then names them. */
function foldDuplicates(hits: readonly FusedHit[], keyOf: (hit: FusedHit) => string | null): FusedHit[] {
  const firsts = new Map<string, number>();
  const folded = new Map<number, string[]>();
  const kept: FusedHit[] = [];
  for (const hit of hits) {
    const key = keyOf(hit);
    const first = key === null ? undefined : firsts.get(key);
    if (first === undefined) {
      if (key !== null) firsts.set(key, kept.length);
      kept.push(hit);
      continue;
    }
    const others = folded.get(first);
    if (others === undefined) folded.set(first, [hit.id]);
    else others.push(hit.id);
  }
  for (const [at, ids] of folded) {
    const hit = kept[at] as FusedHit;
    kept[at] = { ...hit, duplicates: [...hit.duplicates, ...ids] };
  }
  return kept;
}

function boostOf(attributes: RecordAttributes, options: FusionOptions): number | null {
  if (options.freshness === null) return null;
  const at = attributes[options.freshness.field] ?? attributes.createdAt;
  return freshness(options.now - at, options.freshness.halfLifeDays, options.freshness.floor);
}
