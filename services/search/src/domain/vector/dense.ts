/** A dense matrix, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

/** A matrix of zeros. */
export function matrix(rows: number, columns: number): Matrix {
  return { rows, columns, values: new Float64Array(rows * columns) };
}

/** `M^T M`, which is symmetric. */
export function gram(m: Matrix): Matrix {
  const { columns } = m;
  const result = matrix(columns, columns);
  const out = result.values;
  for (let row = 0; row < m.rows; row += 1) {
    const base = row * columns;
    for (let i = 0; i < columns; i += 1) {
      const left = m.values[base + i] as number;
      if (left === 0) continue;
      const target = i * columns;
      for (let j = i; j < columns; j += 1)
        out[target + j] = (out[target + j] as number) + left * (m.values[base + j] as number);
    }
  }
  for (let i = 0; i < columns; i += 1)
    for (let j = 0; j < i; j += 1) out[i * columns + j] = out[j * columns + i] as number;
  return result;
}

/** Makes the columns orthonormal in place (Cholesky QR, twice for stability). Dependent columns become zero. */
export function orthonormalize(m: Matrix): void {
  for (let pass = 0; pass < 2; pass += 1) multiplyByInverse(m, cholesky(gram(m)));
}

/** The upper factor R with `R^T R = S`. A pivot that vanishes yields a zero row. */
function cholesky(s: Matrix): Matrix {
  const n = s.columns;
  const r = matrix(n, n);
  for (let i = 0; i < n; i += 1) {
    for (let j = i; j < n; j += 1) {
      let sum = s.values[i * n + j] as number;
      for (let k = 0; k < i; k += 1) sum -= (r.values[k * n + i] as number) * (r.values[k * n + j] as number);
      if (i === j) {
        if (sum <= 1e-12 * (s.values[i * n + i] as number) || sum <= 0) break;
        r.values[i * n + i] = Math.sqrt(sum);
      } else {
        r.values[i * n + j] = sum / (r.values[i * n + i] as number);
      }
    }
  }
  return r;
}

/** `M = M R^-1` in place for an upper triangular R. */
function multiplyByInverse(m: Matrix, r: Matrix): void {
  const n = m.columns;
  for (let row = 0; row < m.rows; row += 1) {
    const base = row * n;
    for (let j = 0; j < n; j += 1) {
      const pivot = r.values[j * n + j] as number;
      let sum = m.values[base + j] as number;
      for (let k = 0; k < j; k += 1) sum -= (m.values[base + k] as number) * (r.values[k * n + j] as number);
      m.values[base + j] = pivot === 0 ? 0 : sum / pivot;
    }
  }
}

/** Eigenvectors (columns) and eigenvalues of a symmetric matrix, largest first (cyclic Jacobi). */
export function symmetricEigen(symmetric: Matrix): { readonly values: Float64Array; readonly vectors: Matrix } {
  const n = symmetric.columns;
  const a = symmetric.values.slice();
  const v = matrix(n, n);
  for (let i = 0; i < n; i += 1) v.values[i * n + i] = 1;
  for (let sweep = 0; sweep < 30; sweep += 1) {
    let off = 0;
    let diagonal = 0;
    for (let p = 0; p < n; p += 1) {
      diagonal += (a[p * n + p] as number) ** 2;
      for (let q = p + 1; q < n; q += 1) off += (a[p * n + q] as number) ** 2;
    }
    if (off <= 1e-18 * diagonal) break;
    for (let p = 0; p < n; p += 1) for (let q = p + 1; q < n; q += 1) rotate(a, v.values, n, p, q);
  }
  const order = Array.from({ length: n }, (_, i) => i).sort(
    (x, y) => (a[y * n + y] as number) - (a[x * n + x] as number),
  );
  const vectors = matrix(n, n);
  order.forEach((from, to) => {
    for (let i = 0; i < n; i += 1) vectors.values[i * n + to] = v.values[i * n + from] as number;
  });
  return { values: Float64Array.from(order, (i) => a[i * n + i] as number), vectors };
}

function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q] as number;
  if (Math.abs(apq) < 1e-300) return;
  const theta = ((a[q * n + q] as number) - (a[p * n + p] as number)) / (2 * apq);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k += 1) {
    const akp = a[k * n + p] as number;
    const akq = a[k * n + q] as number;
    a[k * n + p] = c * akp - s * akq;
    a[k * n + q] = s * akp + c * akq;
  }
  for (let k = 0; k < n; k += 1) {
    const apk = a[p * n + k] as number;
    const aqk = a[q * n + k] as number;
    a[p * n + k] = c * apk - s * aqk;
    a[q * n + k] = s * apk + c * aqk;
    const vkp = v[k * n + p] as number;
    const vkq = v[k * n + q] as number;
    v[k * n + p] = c * vkp - s * vkq;
    v[k * n + q] = s * vkp + c * vkq;
  }
}
