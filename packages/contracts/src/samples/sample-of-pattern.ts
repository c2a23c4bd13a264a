/**
 * A short text that matches a regular expression of a schema. Knows literals, escapes, classes, groups, alternatives and
 * quantifiers; throws for anything else, such as look-arounds and back-references.
 */
export function sampleOfPattern(pattern: string): string {
  const text = new PatternReader(pattern).read();
  if (!new RegExp(pattern, 'u').test(text)) throw new Error(`no sample for the pattern ${pattern}; give an example`);
  return text;
}

const CANDIDATES = 'abcxyz0123456789ABCXYZ-_.:/ ';
const ESCAPED: Readonly<Record<string, string>> = { d: '1', w: 'a', s: ' ', S: 'a', D: 'a', W: '-', n: '\n', t: '\t' };

class PatternReader {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  read(): string {
    let text = '';
    while (this.#at < this.#pattern.length && this.#pattern[this.#at] !== ')') {
      if (this.#pattern[this.#at] === '|') {
        this.#skipAlternatives();
        break;
      }
      text += this.#atom();
    }
    return text;
  }

  /** The first alternative is enough: the others are read over, to the end of the group. */
  #skipAlternatives(): void {
    while (this.#pattern[this.#at] === '|') {
      this.#at += 1;
      this.read();
    }
  }

  #atom(): string {
    const character = this.#pattern[this.#at] ?? '';
    this.#at += 1;
    if (character === '^' || character === '$') return '';
    if (character === '(') return this.#repeated(this.#group());
    if (character === '[') return this.#repeated(this.#class());
    if (character === '\\') return this.#repeated(this.#escape());
    return this.#repeated(character === '.' ? 'a' : character);
  }

  #group(): string {
    if (this.#pattern.startsWith('?:', this.#at)) this.#at += 2;
    else if (this.#pattern[this.#at] === '?') throw new Error(`${this.#pattern} is too rich for a made-up sample`);
    const text = this.read();
    this.#at += 1;
    return text;
  }

  #class(): string {
    const start = this.#at;
    while (this.#pattern[this.#at] !== ']') this.#at += this.#pattern[this.#at] === '\\' ? 2 : 1;
    const accepts = new RegExp(`[${this.#pattern.slice(start, this.#at)}]`, 'u');
    this.#at += 1;
    const found = [...CANDIDATES].find((candidate) => accepts.test(candidate));
    if (found === undefined) throw new Error(`${this.#pattern}: no common character is in the class`);
    return found;
  }

  #escape(): string {
    const character = this.#pattern[this.#at] ?? '';
    this.#at += 1;
    if (character === 'p' || character === 'P') {
      this.#at = this.#pattern.indexOf('}', this.#at) + 1;
      return 'a';
    }
    return ESCAPED[character] ?? character;
  }

  #repeated(text: string): string {
    const [quantifier = '', least] = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})/.exec(this.#pattern.slice(this.#at)) ?? [];
    this.#at += quantifier.length;
    if (quantifier === '*' || quantifier === '?') return '';
    return text.repeat(least === undefined ? 1 : Number(least));
  }
}
