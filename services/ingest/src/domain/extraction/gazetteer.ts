import { CITIES, FIRST_NAMES, ORGANIZATIONS, REGIONS, TECHNOLOGIES } from './gazetteer-lists.ts';

/** What a name is when the lists know it. */
export type KnownType = 'location' | 'organization' | 'product';

const known = new Map<string, KnownType>();
for (const name of countryNames('en')) known.set(name.toLowerCase(), 'location');
for (const [names, type] of [
  [TECHNOLOGIES, 'product'],
  [ORGANIZATIONS, 'organization'],
  [REGIONS, 'location'],
  [CITIES, 'location'],
] as const) {
  for (const name of names.split('|')) known.set(name.toLowerCase(), type);
}

const firstNames = new Set(FIRST_NAMES.split(' '));
const localCountries = new Map<string, ReadonlySet<string>>();

/** The type of a name that is in the lists: large cities, countries (CLDR), well-known organizations, technologies. */
export function knownTypeOf(name: string, language: string | null): KnownType | undefined {
  const key = name.toLowerCase();
  const type = known.get(key);
  if (type !== undefined) return type;
  return language !== null && language !== 'en' && countriesIn(language).has(key) ? 'location' : undefined;
}

/** Whether a word is a common given name. */
export function isFirstName(word: string): boolean {
  return firstNames.has(word.toLowerCase());
}

function countriesIn(language: string): ReadonlySet<string> {
  let names = localCountries.get(language);
  if (names === undefined) {
    names = new Set(countryNames(language).map((name) => name.toLowerCase()));
    localCountries.set(language, names);
  }
  return names;
}

function countryNames(language: string): string[] {
  const display = new Intl.DisplayNames([language, 'en'], { type: 'region', fallback: 'none' });
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  const names: string[] = [];
  for (const first of letters) {
    for (const second of letters) {
      const name = display.of(first + second);
      if (name !== undefined && name.length > 2) names.push(name);
    }
  }
  return names;
}
