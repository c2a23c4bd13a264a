/** Text with what its markup said about it. Values of the caller win over these. */
export interface Converted {
  readonly text: string;
  readonly title: string | null;
  readonly language: string | null;
  readonly authors: readonly string[];
  readonly topics: readonly string[];
  readonly publishedAt: string | null;
  readonly url: string | null;
}

/** A conversion that found nothing beside the text. */
export const plainText = (text: string): Converted => ({
  text,
  title: null,
  language: null,
  authors: [],
  topics: [],
  publishedAt: null,
  url: null,
});

/** An RFC 3339 instant of anything that reads as a date, or null. */
export function toInstant(value: unknown): string | null {
  if (!(value instanceof Date) && typeof value !== 'string') return null;
  const date = new Date(value);
  const year = date.getUTCFullYear();
  return Number.isNaN(year) || year < 1000 || year > 2999 ? null : date.toISOString();
}

/** A plausible BCP 47 tag, or null. */
export function toLanguage(value: unknown): string | null {
  if (typeof value !== 'string' || !/^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$/.test(value.trim())) return null;
  try {
    return Intl.getCanonicalLocales(value.trim().replaceAll('_', '-'))[0] ?? null;
  } catch {
    return null;
  }
}
