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

function embed(text: string, dims: number): Float32Array {
  const counts = new Map<string, number>();
  let previous: string | undefined;
  for (const term of embeddingTerms(text)) {
    counts.set(term, (counts.get(term) ?? 0) + 1);
    if (previous !== undefined) {
      const pair = `${previous} ${term}`;
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
    previous = term;
  }
  const vector = new Float32Array(dims);
  for (const [feature, count] of counts) {
    const hash = mix(fnv1a(feature));
    const weight = (1 + Math.log(count)) * (feature.includes(' ') ? BIGRAM_WEIGHT : 1);
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

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/** The finalizer of MurmurHash3: spreads the weak low bits of FNV. */
function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
