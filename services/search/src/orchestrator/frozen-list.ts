import type { SearchResponse } from '@peermesh/contracts/search';
import { LEGS } from '@peermesh/contracts/search';
import type { Contribution, FusedHit, Pin } from '../domain/fusion/fuse.ts';

/** A hit as later pages need it. */
export type ListedHit = Omit<FusedHit, 'attributes'>;

/** A fused list, frozen for its pages. */
export interface FrozenList {
  readonly hits: readonly ListedHit[];
  readonly head: Omit<SearchResponse, 'results' | 'page' | 'tookMs' | 'requestId'>;
  /** Hits that each leg was asked for. */
  readonly window: number;
  /** No leg has more. */
  readonly isExhausted: boolean;
}

type PackedContribution = [
  leg: number,
  rank: number,
  raw: number,
  norm: number,
  weight: number,
  path: readonly string[] | 0,
  why: object | 0,
];
type PackedHit = [
  id: string,
  score: number,
  pin: Pin | 0,
  boost: number,
  duplicates: readonly string[] | 0,
  sources: PackedContribution[],
];

/** A list as compact text. */
export function packList(list: FrozenList): string {
  const hits = list.hits.map(
    (hit): PackedHit => [
      hit.id,
      precise(hit.score),
      hit.pinned ?? 0,
      hit.boosts[0]?.factor ?? -1,
      hit.duplicates.length === 0 ? 0 : hit.duplicates,
      hit.sources.map((source) => [
        LEGS.indexOf(source.source),
        source.rank,
        precise(source.raw),
        precise(source.norm),
        precise(source.weight),
        source.path ?? 0,
        source.why ?? 0,
      ]),
    ],
  );
  return JSON.stringify([list.head, list.window, list.isExhausted, hits]);
}

/** The list that {@link packList} made text of. */
export function unpackList(text: string): FrozenList {
  const [head, window, isExhausted, hits] = JSON.parse(text) as [FrozenList['head'], number, boolean, PackedHit[]];
  return { head, window, isExhausted, hits: hits.map(unpackHit) };
}

function unpackHit([id, score, pin, boost, duplicates, sources]: PackedHit): ListedHit {
  return {
    id,
    score,
    pinned: pin === 0 ? null : pin,
    boosts: boost < 0 ? [] : [{ name: 'freshness', factor: boost }],
    duplicates: duplicates === 0 ? [] : duplicates,
    sources: sources.map(
      ([leg, rank, raw, norm, weight, path, why]): Contribution => ({
        source: LEGS[leg] ?? 'keyword',
        rank,
        raw,
        norm,
        weight,
        ...(path === 0 ? {} : { path }),
        ...(why === 0 ? {} : { why: why as Readonly<Record<string, unknown>> }),
      }),
    ),
  };
}

/** Six digits are more than a ranking means. */
function precise(value: number): number {
  return Math.round(value * 1_000_000) / 1_000_000;
}
