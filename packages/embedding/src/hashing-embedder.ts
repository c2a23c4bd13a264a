import { embeddingTerms } from './terms.ts';

/** Turns text into a vector of a fixed space. Vectors of different spaces must never be compared. */
export interface Embedder {
  /** `model@revision/dims`, stored with every vector. */
  readonly space: string;
  readonly dims: number;
  /** A vector of length 1, or all zeros when the text holds no term. Deterministic; keeps no state of the text. */
  embed(text: string): Float32Array;
}

/** Changes whenever the same text would give another vector. */
export const HASHING_REVISION = 1;

const BIGRAM_WEIGHT = 0.5;
const FNV_START = 0x811c9dc5;
const PAIRED_WORDS_MAX = 2 ** 26;

/**
 * Signed feature hashing (Weinberger et al. 2009) of stemmed words and word pairs with sublinear term frequency. It
 * needs no model and no training and it finds shared vocabulary, not shared meaning: synonyms stay apart.
 */
export function hashingEmbedder(dims = 256): Embedder {
  if (!Number.isInteger(dims) || dims < 8 || dims > 4096) throw new RangeError(`dims must be 8 to 4096, not ${dims}`);
  return {
    space: `hashing@${HASHING_REVISION}/${dims}`,
    dims,
    embed: (text) => embed(text, dims),
  };
}

/** A word or a pair of neighbours, in the order in which texts first hold them. */
interface Feature {
  readonly hash: number;
  readonly isPair: boolean;
  count: number;
}

function embed(text: string, dims: number): Float32Array {
  const features: Feature[] = [];
  const words = new Map<string, { readonly feature: Feature; readonly number: number }>();
  const pairs = new Map<number, Feature>();
  let previous: { readonly feature: Feature; readonly number: number } | undefined;
  for (const term of embeddingTerms(text)) {
    let word = words.get(term);
    if (word === undefined) {
      word = { feature: { hash: fnv1a(term, FNV_START), isPair: false, count: 0 }, number: words.size };
      words.set(term, word);
      features.push(word.feature);
    }
    word.feature.count += 1;
    if (previous !== undefined) {
      const key = previous.number * PAIRED_WORDS_MAX + word.number;
      let pair = pairs.get(key);
      if (pair === undefined) {
        pair = { hash: fnv1a(term, fnv1a(' ', previous.feature.hash)), isPair: true, count: 0 };
        pairs.set(key, pair);
        features.push(pair);
      }
      pair.count += 1;
    }
    previous = word;
  }
  const vector = new Float32Array(dims);
  for (const { hash: raw, isPair, count } of features) {
    const hash = mix(raw >>> 0);
    const weight = (1 + Math.log(count)) * (isPair ? BIGRAM_WEIGHT : 1);
    const slot = (hash >>> 1) % dims;
    vector[slot] = (vector[slot] ?? 0) + ((hash & 1) === 0 ? weight : -weight);
  }
  return normalize(vector);
}

function normalize(vector: Float32Array): Float32Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  if (sum === 0) return vector;
  const scale = 1 / Math.sqrt(sum);
  for (let i = 0; i < vector.length; i += 1) vector[i] = (vector[i] ?? 0) * scale;
  return vector;
}

/** FNV-1a, going on from the hash of what came before. */
function fnv1a(text: string, start: number): number {
  let hash = start;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash;
}

/** The finalizer of MurmurHash3: spreads the weak low bits of FNV. */
function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
