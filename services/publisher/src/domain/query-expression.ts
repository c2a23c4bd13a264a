import { publisherErrors } from '@peermesh/errors';
import { type SearchableText, wordsOf } from './words.ts';

/** A keyword query: words, phrases, AND, OR, NOT, parentheses. */
export type QueryExpression =
  | { readonly op: 'phrase'; readonly words: readonly string[] }
  | { readonly op: 'and' | 'or'; readonly parts: readonly QueryExpression[] }
  | { readonly op: 'not'; readonly part: QueryExpression };

interface Token {
  readonly kind: 'word' | 'phrase' | 'AND' | 'OR' | 'NOT' | '(' | ')';
  readonly text: string;
  readonly at: number;
}

const DEPTH_MAX = 20;

/**
 * Reads a query. NOT binds tightest, then AND (also between words side by side), then OR. A leading `-` is NOT. Throws
 * `PM_PUBLISHER_QUERY_INVALID` with the character where it stopped making sense.
 */
export function parseQuery(text: string): QueryExpression {
  const tokens = tokenize(text);
  let next = 0;
  const peek = (): Token | undefined => tokens[next];
  const fail = (expected: string): never => {
    const at = peek()?.at ?? text.length;
    throw publisherErrors.queryInvalid({ detail: `Expected ${expected} at character ${at + 1}.` });
  };

  const primary = (depth: number): QueryExpression => {
    if (depth > DEPTH_MAX) throw publisherErrors.queryInvalid({ detail: `More than ${DEPTH_MAX} levels.` });
    const token = peek();
    if (token?.kind === 'NOT') {
      next += 1;
      return { op: 'not', part: primary(depth + 1) };
    }
    if (token?.kind === '(') {
      next += 1;
      const inner = disjunction(depth + 1);
      if (peek()?.kind !== ')') fail('")"');
      next += 1;
      return inner;
    }
    if (token?.kind !== 'word' && token?.kind !== 'phrase') return fail('a word, a phrase or "("');
    next += 1;
    return { op: 'phrase', words: wordsOf(token.text) };
  };
  const conjunction = (depth: number): QueryExpression => {
    const parts = [primary(depth)];
    for (let token = peek(); token !== undefined && token.kind !== 'OR' && token.kind !== ')'; token = peek()) {
      if (token.kind === 'AND') next += 1;
      parts.push(primary(depth));
    }
    return parts.length === 1 ? (parts[0] as QueryExpression) : { op: 'and', parts };
  };
  const disjunction = (depth: number): QueryExpression => {
    const parts = [conjunction(depth)];
    while (peek()?.kind === 'OR') {
      next += 1;
      parts.push(conjunction(depth));
    }
    return parts.length === 1 ? (parts[0] as QueryExpression) : { op: 'or', parts };
  };

  const expression = disjunction(0);
  if (next < tokens.length) fail('the end');
  return expression;
}

function tokenize(text: string): Token[] {
  const pattern = /"([^"]*)"|[()]|-(?=\S)|[^\s()"]+|"/gu;
  const tokens: Token[] = [];
  for (const match of text.matchAll(pattern)) {
    const [whole, phrase] = match;
    const at = match.index;
    if (whole === '"')
      throw publisherErrors.queryInvalid({ detail: `The quote at character ${at + 1} is not closed.` });
    if (phrase !== undefined) {
      if (wordsOf(phrase).length === 0) {
        throw publisherErrors.queryInvalid({ detail: `The phrase at character ${at + 1} has no word.` });
      }
      tokens.push({ kind: 'phrase', text: phrase, at });
    } else if (whole === '(' || whole === ')' || whole === 'AND' || whole === 'OR' || whole === 'NOT') {
      tokens.push({ kind: whole, text: whole, at });
    } else if (whole === '-') tokens.push({ kind: 'NOT', text: whole, at });
    else if (wordsOf(whole).length > 0) tokens.push({ kind: 'word', text: whole, at });
  }
  return tokens;
}

/** Whether a text satisfies a query. */
export function matchesQuery(expression: QueryExpression, text: SearchableText): boolean {
  switch (expression.op) {
    case 'phrase':
      return text.hasPhrase(expression.words);
    case 'and':
      return expression.parts.every((part) => matchesQuery(part, text));
    case 'or':
      return expression.parts.some((part) => matchesQuery(part, text));
    case 'not':
      return !matchesQuery(expression.part, text);
  }
}

/**
 * Words of which every matching text has at least one; null when a text without any of them could match too. Subscriptions
 * are filed under these words, so they are chosen few and long.
 */
export function necessaryWords(expression: QueryExpression): readonly string[] | null {
  switch (expression.op) {
    case 'phrase': {
      const longest = [...expression.words].sort((a, b) => b.length - a.length)[0];
      return longest === undefined ? null : [longest];
    }
    case 'and': {
      const choices = expression.parts.map(necessaryWords).filter((words) => words !== null);
      return choices.sort((a, b) => a.length - b.length || longestIn(b) - longestIn(a))[0] ?? null;
    }
    case 'or': {
      const all = expression.parts.map(necessaryWords);
      return all.some((words) => words === null) ? null : [...new Set(all.flatMap((words) => words ?? []))];
    }
    case 'not':
      return null;
  }
}

function longestIn(words: readonly string[]): number {
  return Math.max(...words.map((word) => word.length));
}
