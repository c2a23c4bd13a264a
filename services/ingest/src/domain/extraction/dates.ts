/** A full date that the text names. */
export interface FoundDate {
  readonly text: string;
  /** `YYYY-MM-DD`. */
  readonly value: string;
}

const DATES_MAX = 100;
const ISO = /(?<![\d.])(\d{4})([-/.])(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])(?![\d])/g;
const NUMERIC = /(?<![\d.])(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?!\d)/g;
const monthTables = new Map<
  string,
  { readonly byName: ReadonlyMap<string, number>; readonly dayFirst: RegExp; readonly monthFirst: RegExp }
>();

/**
 * Finds full dates: ISO forms, day and month by name (in the text's language and English), and numeric forms when the
 * order of day and month is certain. Months without a day are left alone.
 */
export function findDates(text: string, language: string | null): FoundDate[] {
  const found = new Map<string, FoundDate & { at: number }>();
  const note = (match: RegExpExecArray, year: number, month: number, day: number): void => {
    const value = toDate(year, month, day);
    if (value !== null && found.size < DATES_MAX && !found.has(`${value}${match[0]}`)) {
      found.set(`${value}${match[0]}`, { text: match[0].slice(0, 100), value, at: match.index });
    }
  };
  if (!/\d/.test(text)) return [];
  for (const match of text.matchAll(ISO)) note(match, Number(match[1]), Number(match[3]), Number(match[4]));
  for (const match of text.matchAll(NUMERIC)) {
    const [a, b, year] = [Number(match[1]), Number(match[3]), Number(match[4])];
    const dayComesFirst = match[2] === '.' || a > 12 || a === b;
    if (dayComesFirst) note(match, year, b, a);
    else if (b > 12) note(match, year, a, b);
  }
  for (const locale of new Set(['en', language ?? 'en'])) {
    const { byName, dayFirst, monthFirst } = monthsOf(locale);
    for (const match of text.matchAll(dayFirst))
      note(match, Number(match[3]), byName.get((match[2] as string).toLowerCase()) ?? 0, Number(match[1]));
    for (const match of text.matchAll(monthFirst))
      note(match, Number(match[3]), byName.get((match[1] as string).toLowerCase()) ?? 0, Number(match[2]));
  }
  return [...found.values()].sort((a, b) => a.at - b.at).map(({ text: words, value }) => ({ text: words, value }));
}

function monthsOf(locale: string): NonNullable<ReturnType<typeof monthTables.get>> {
  const known = monthTables.get(locale);
  if (known !== undefined) return known;
  const byName = new Map<string, number>();
  for (const style of ['long', 'short'] as const) {
    for (const options of [
      { month: style, timeZone: 'UTC' },
      { month: style, day: 'numeric', timeZone: 'UTC' },
    ] as const) {
      const format = new Intl.DateTimeFormat(locale, options);
      for (let month = 1; month <= 12; month += 1) {
        const name = format.formatToParts(Date.UTC(2024, month - 1, 1)).find((part) => part.type === 'month')?.value;
        const bare = name?.replace(/\.$/, '').toLowerCase() ?? '';
        if (/^\p{L}{3,}$/u.test(bare)) byName.set(bare, month);
      }
    }
  }
  if (locale === 'en') byName.set('sept', 9);
  const names = [...byName.keys()].sort((a, b) => b.length - a.length).join('|') || '(?!)';
  const table = {
    byName,
    dayFirst: new RegExp(
      `(?<!\\d)(\\d{1,2})(?:st|nd|rd|th|\\.|º)?\\s+(?:of\\s+|de\\s+)?(${names})\\.?,?\\s+(?:de\\s+)?(\\d{4})(?!\\d)`,
      'giu',
    ),
    monthFirst: new RegExp(`(?<!\\p{L})(${names})\\.?\\s+(\\d{1,2})(?:st|nd|rd|th)?,?\\s+(\\d{4})(?!\\d)`, 'giu'),
  };
  monthTables.set(locale, table);
  return table;
}

function toDate(year: number, month: number, day: number): string | null {
  if (year < 1000 || year > 2999 || month < 1 || month > 12 || day < 1) return null;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.toISOString().slice(0, 10) : null;
}
