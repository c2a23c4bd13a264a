const FORBIDDEN = /[\p{Cc}\u200b\u2060\ufeff\ufffe\uffff]/gu;
const LONE_SURROGATES = /[\ud800-\udfff]/;

/** NFC, no control or zero-width characters, `\n` line ends, no trailing blanks, at most one empty line in a row. */
export function normalizeText(text: string): string {
  const wellFormed = LONE_SURROGATES.test(text) ? text.toWellFormed() : text;
  return wellFormed
    .normalize('NFC')
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[\u2028\u2029]/g, '\n')
    .replaceAll(FORBIDDEN, (character) => (character === '\n' || character === '\t' ? character : ''))
    .replaceAll(/[ \t\u00a0]+(?=\n|$)/g, '')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}

/** One line of normalized text of at most `charactersMax` UTF-16 units, or null when nothing is left. */
export function normalizeLine(text: string, charactersMax: number): string | null {
  const line = normalizeText(text).replaceAll(/\s+/g, ' ');
  if (line === '') return null;
  return line.length <= charactersMax ? line : `${line.slice(0, charactersMax - 1).toWellFormed()}…`;
}
