const WORD = /[\p{L}\p{N}]+/gu;

/** The words of a text as queries compare them: NFKC, lower case, letters and digits. */
export function wordsOf(text: string): string[] {
  return text.normalize('NFKC').toLowerCase().match(WORD) ?? [];
}

/** Text that queries look at: its fields one after another, with a gap that no phrase crosses. */
export interface SearchableText {
  readonly words: ReadonlySet<string>;
  hasPhrase(words: readonly string[]): boolean;
}

/** Prepares fields for many queries. */
export function searchableText(fields: readonly string[]): SearchableText {
  const lists = fields.map(wordsOf);
  const words = new Set(lists.flat());
  let joined: string | null = null;
  return {
    words,
    hasPhrase: (phrase) => {
      if (!phrase.every((word) => words.has(word))) return false;
      if (phrase.length < 2) return true;
      joined ??= lists.map((list) => ` ${list.join(' ')} `).join('\n');
      return joined.includes(` ${phrase.join(' ')} `);
    },
  };
}
