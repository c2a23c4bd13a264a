/** Text as PostgreSQL takes it: no NUL, no lone surrogates. */
export function cleanText(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed();
  return wellFormed.includes('\u0000') ? wellFormed.replaceAll('\u0000', '') : wellFormed;
}

/** The same for everything inside a JSON value. */
export function cleanJson<T>(value: T): T {
  if (typeof value === 'string') return cleanText(value) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => cleanJson(item)) as T;
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [cleanText(key), cleanJson(item as unknown)]),
    ) as T;
  }
  return value;
}

/** NUL or half of a surrogate pair as JSON writes them. A backslash of the text in front of them is mistaken for theirs. */
const UNCLEAN = /\\u(?:0000|d[89a-f])/;

/** A value as JSON that PostgreSQL takes; as {@link cleanJson}, which is spared when there is nothing to clean. */
export function cleanJsonText(value: unknown): string {
  const text = JSON.stringify(value);
  return UNCLEAN.test(text) ? JSON.stringify(cleanJson(value)) : text;
}
