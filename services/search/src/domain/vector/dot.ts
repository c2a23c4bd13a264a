/** The dot product of a vector with the row of a chunk that begins at `base`, in four sums that do not wait for each other. */
export function dot(vector: Float32Array, rows: Float32Array, base: number): number {
  const dims = vector.length;
  const whole = dims - (dims % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    const at = base + i;
    a += (vector[i] as number) * (rows[at] as number);
    b += (vector[i + 1] as number) * (rows[at + 1] as number);
    c += (vector[i + 2] as number) * (rows[at + 2] as number);
    d += (vector[i + 3] as number) * (rows[at + 3] as number);
  }
  for (let i = whole; i < dims; i += 1) a += (vector[i] as number) * (rows[base + i] as number);
  return a + b + (c + d);
}
