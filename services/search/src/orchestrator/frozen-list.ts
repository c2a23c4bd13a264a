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

/** What does not stand in the columns. */
interface PackedHead {
  readonly head: FrozenList['head'];
  readonly window: number;
  readonly isExhausted: boolean;
  readonly count: number;
  readonly ids: string;
  /** The weight of each leg. */
  readonly weights: readonly number[];
  /** Of the few hits that have them. */
  readonly duplicates: readonly (readonly [hit: number, ids: readonly string[]])[];
  readonly details: readonly (readonly [hit: number, source: number, path: readonly string[] | 0, why: object | 0])[];
}

const PINS: readonly (Pin | null)[] = [null, 'id', 'name', 'title'];
const HIT_BYTES = 10;
const SOURCE_BYTES = 11;

/**
 * A list in few bytes: four for the length of a JSON head, the head, then for each hit its score, boost, pin and
 * sources as numbers of fixed size, little endian.
 */
export function packList(
  { hits, head, window, isExhausted }: FrozenList,
  allocate: (bytes: number) => Buffer = Buffer.allocUnsafe,
): Buffer {
  const weights = LEGS.map(() => 0);
  const duplicates: [number, readonly string[]][] = [];
  const details: [number, number, readonly string[] | 0, object | 0][] = [];
  let bytes = 0;
  for (let i = 0; i < hits.length; i += 1) {
    const hit = hits[i] as ListedHit;
    bytes += HIT_BYTES + hit.sources.length * SOURCE_BYTES;
    if (hit.duplicates.length > 0) duplicates.push([i, hit.duplicates]);
    for (let at = 0; at < hit.sources.length; at += 1) {
      const { source, weight, path, why } = hit.sources[at] as Contribution;
      weights[LEGS.indexOf(source)] = weight;
      if (path !== undefined || why !== undefined) details.push([i, at, path ?? 0, why ?? 0]);
    }
  }
  const ids = hits.map(({ id }) => id).join('\n');
  const packed: PackedHead = { head, window, isExhausted, count: hits.length, ids, weights, duplicates, details };
  const text = JSON.stringify(packed);
  const size = Buffer.byteLength(text);
  const list = allocate(4 + size + bytes);
  list.writeUInt32LE(size, 0);
  list.write(text, 4);
  let at = 4 + size;
  for (const hit of hits) at = packHit(list, at, hit);
  return list;
}

function packHit(list: Buffer, from: number, hit: ListedHit): number {
  let at = list.writeFloatLE(hit.score, from);
  at = list.writeFloatLE(hit.boosts[0]?.factor ?? -1, at);
  at = list.writeUInt8(PINS.indexOf(hit.pinned), at);
  at = list.writeUInt8(hit.sources.length, at);
  for (const { source, rank, raw, norm } of hit.sources) {
    at = list.writeUInt8(LEGS.indexOf(source), at);
    at = list.writeUInt16LE(rank, at);
    at = list.writeFloatLE(raw, at);
    at = list.writeFloatLE(norm, at);
  }
  return at;
}

/** The list that {@link packList} packed; scores have six digits. */
export function unpackList(list: Buffer): FrozenList {
  const start = 4 + list.readUInt32LE(0);
  const packed = JSON.parse(list.toString('utf8', 4, start)) as PackedHead;
  const ids = packed.count === 0 ? [] : packed.ids.split('\n');
  const duplicates = new Map(packed.duplicates);
  const details = new Map(packed.details.map(([hit, source, path, why]) => [`${hit}/${source}`, { path, why }]));
  let at = start;
  const hits = ids.map((id, i): ListedHit => {
    const boost = precise(list.readFloatLE(at + 4));
    const count = list.readUInt8(at + 9);
    const hit: ListedHit = {
      id,
      score: precise(list.readFloatLE(at)),
      pinned: PINS[list.readUInt8(at + 8)] ?? null,
      boosts: boost < 0 ? [] : [{ name: 'freshness', factor: boost }],
      duplicates: duplicates.get(i) ?? [],
      sources: Array.from({ length: count }, (_, source) =>
        unpackSource(list, at + HIT_BYTES + source * SOURCE_BYTES, packed.weights, details.get(`${i}/${source}`)),
      ),
    };
    at += HIT_BYTES + count * SOURCE_BYTES;
    return hit;
  });
  return { head: packed.head, window: packed.window, isExhausted: packed.isExhausted, hits };
}

function unpackSource(
  list: Buffer,
  at: number,
  weights: readonly number[],
  detail: { readonly path: readonly string[] | 0; readonly why: object | 0 } | undefined,
): Contribution {
  const leg = list.readUInt8(at);
  return {
    source: LEGS[leg] ?? 'keyword',
    rank: list.readUInt16LE(at + 1),
    raw: precise(list.readFloatLE(at + 3)),
    norm: precise(list.readFloatLE(at + 7)),
    weight: precise(weights[leg] ?? 0),
    ...(detail === undefined || detail.path === 0 ? {} : { path: detail.path }),
    ...(detail === undefined || detail.why === 0 ? {} : { why: detail.why as Readonly<Record<string, unknown>> }),
  };
}

/** Six digits are more than a ranking means. */
function precise(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(6));
}
