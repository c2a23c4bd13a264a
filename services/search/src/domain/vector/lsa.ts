import type { Embedder } from '@peermesh/embedding';
import { analyze } from '../analysis/analyzer.ts';
import { gram, type Matrix, matrix, orthonormalize, symmetricEigen } from './dense.ts';

/** A trained latent semantic space: for each term its weight and its coordinates. */
export interface LsaModel {
  readonly dims: number;
  readonly terms: readonly string[];
  /** Inverse document frequency of each term. */
  readonly weights: Float32Array;
  /** `terms.length` rows of `dims` coordinates. */
  readonly coordinates: Float32Array;
}

/** How a space is trained. */
export interface LsaOptions {
  readonly dims?: number;
  readonly termsMax?: number;
  readonly seed?: number;
}

const OVERSAMPLING = 16;
const ITERATIONS = 4;

/**
 * Latent semantic analysis: a truncated singular value decomposition of the tf-idf matrix by randomized subspace
 * iteration (Halko et al. 2011). Deterministic for the same texts in the same order. Null when the texts are too few or
 * too alike to carry `dims` dimensions.
 */
export function trainLsa(texts: readonly string[], options: LsaOptions = {}): LsaModel | null {
  const dims = options.dims ?? 128;
  const counts = texts.map(termCounts);
  const vocabulary = vocabularyOf(counts, options.termsMax ?? 30_000);
  if (vocabulary.terms.length < dims * 2 || texts.length < dims * 2) return null;
  const rows = counts.map((count) => weighted(count, vocabulary.index, vocabulary.weights));
  const width = dims + OVERSAMPLING;
  const basis = randomMatrix(vocabulary.terms.length, width, options.seed ?? 1);
  for (let i = 0; i < ITERATIONS; i += 1) {
    const projected = multiply(rows, basis);
    basis.values.fill(0);
    multiplyTransposed(rows, projected, basis);
    orthonormalize(basis);
  }
  const eigen = symmetricEigen(gram(multiply(rows, basis)));
  if ((eigen.values[dims - 1] ?? 0) <= 1e-9) return null;
  return {
    dims,
    terms: vocabulary.terms,
    weights: vocabulary.weights,
    coordinates: rotateBasis(basis, eigen.vectors, dims),
  };
}

/** Embeds texts into a trained space. `revision` names the training. */
export function lsaEmbedder(model: LsaModel, revision: string): Embedder {
  const index = new Map(model.terms.map((term, i) => [term, i]));
  const { dims } = model;
  return {
    space: `lsa@${revision}/${dims}`,
    dims,
    embed: (text) => {
      const vector = new Float32Array(dims);
      const { ids, values } = weighted(termCounts(text), index, model.weights);
      ids.forEach((id, at) => {
        const weight = values[at] as number;
        for (let d = 0; d < dims; d += 1)
          vector[d] = (vector[d] as number) + weight * (model.coordinates[id * dims + d] as number);
      });
      return normalize(vector);
    },
  };
}

interface SparseRow {
  readonly ids: Uint32Array;
  readonly values: Float64Array;
}

function termCounts(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { term } of analyze(text)) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

function vocabularyOf(
  counts: readonly Map<string, number>[],
  termsMax: number,
): { terms: string[]; index: Map<string, number>; weights: Float32Array } {
  const frequencies = new Map<string, number>();
  for (const count of counts) for (const term of count.keys()) frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
  const kept = [...frequencies]
    .filter(([, frequency]) => frequency >= 2 && frequency <= counts.length * 0.5)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, termsMax);
  return {
    terms: kept.map(([term]) => term),
    index: new Map(kept.map(([term], i) => [term, i])),
    weights: Float32Array.from(kept, ([, frequency]) => Math.log((counts.length + 1) / frequency)),
  };
}

function weighted(count: Map<string, number>, index: ReadonlyMap<string, number>, weights: Float32Array): SparseRow {
  const ids: number[] = [];
  const values: number[] = [];
  let sum = 0;
  for (const [term, frequency] of count) {
    const id = index.get(term);
    if (id === undefined) continue;
    const value = (1 + Math.log(frequency)) * (weights[id] as number);
    ids.push(id);
    values.push(value);
    sum += value * value;
  }
  const scale = sum === 0 ? 0 : 1 / Math.sqrt(sum);
  return { ids: Uint32Array.from(ids), values: Float64Array.from(values, (value) => value * scale) };
}

function multiply(rows: readonly SparseRow[], right: Matrix): Matrix {
  const { columns } = right;
  const result = matrix(rows.length, columns);
  rows.forEach(({ ids, values }, row) => {
    const target = row * columns;
    ids.forEach((id, at) => {
      const value = values[at] as number;
      const source = id * columns;
      for (let c = 0; c < columns; c += 1) {
        result.values[target + c] =
          (result.values[target + c] as number) + value * (right.values[source + c] as number);
      }
    });
  });
  return result;
}

function multiplyTransposed(rows: readonly SparseRow[], right: Matrix, result: Matrix): void {
  const { columns } = right;
  rows.forEach(({ ids, values }, row) => {
    const source = row * columns;
    ids.forEach((id, at) => {
      const value = values[at] as number;
      const target = id * columns;
      for (let c = 0; c < columns; c += 1) {
        result.values[target + c] =
          (result.values[target + c] as number) + value * (right.values[source + c] as number);
      }
    });
  });
}

function rotateBasis(basis: Matrix, vectors: Matrix, dims: number): Float32Array {
  const coordinates = new Float32Array(basis.rows * dims);
  const width = basis.columns;
  for (let row = 0; row < basis.rows; row += 1) {
    for (let d = 0; d < dims; d += 1) {
      let sum = 0;
      for (let k = 0; k < width; k += 1)
        sum += (basis.values[row * width + k] as number) * (vectors.values[k * width + d] as number);
      coordinates[row * dims + d] = sum;
    }
  }
  return coordinates;
}

/** Uniform in [-1, 1) from a seeded xorshift, so that training can be repeated bit for bit. */
function randomMatrix(rows: number, columns: number, seed: number): Matrix {
  const result = matrix(rows, columns);
  let state = (seed | 0) ^ 0x9e3779b9 || 1;
  for (let i = 0; i < result.values.length; i += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    result.values[i] = (state >>> 0) / 0x80000000 - 1;
  }
  return result;
}

function normalize(vector: Float32Array): Float32Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  if (sum === 0) return vector;
  const scale = 1 / Math.sqrt(sum);
  for (let i = 0; i < vector.length; i += 1) vector[i] = (vector[i] as number) * scale;
  return vector;
}
