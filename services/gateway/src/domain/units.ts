const DURATION_UNITS = { ms: 1, s: 1000, m: 60_000 } as const;
const BYTE_UNITS = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** Milliseconds of `800ms`, `2s`, `1m`; the schema has checked the form. */
export function durationMs(text: string): number {
  const value = Number.parseInt(text, 10);
  return value * DURATION_UNITS[text.slice(String(value).length) as keyof typeof DURATION_UNITS];
}

/** Bytes of `64KiB`, `1MiB`; the schema has checked the form. */
export function sizeBytes(text: string): number {
  const value = Number.parseInt(text, 10);
  return value * BYTE_UNITS[text.slice(String(value).length) as keyof typeof BYTE_UNITS];
}
