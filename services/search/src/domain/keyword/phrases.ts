import { analyze } from '../analysis/analyzer.ts';
import type { ParsedQuery } from '../query/parse-query.ts';

/** Whether a text holds every phrase: the terms in the same order with the same gaps. */
export function holdsPhrases(texts: readonly string[], phrases: ParsedQuery['phrases']): boolean {
  const places = texts.map(placesOf);
  return phrases.every((phrase) => places.some((place) => holds(place, phrase)));
}

function placesOf(text: string): Map<string, Set<number>> {
  const places = new Map<string, Set<number>>();
  for (const { term, position } of analyze(text)) {
    const known = places.get(term);
    if (known === undefined) places.set(term, new Set([position]));
    else known.add(position);
  }
  return places;
}

function holds(places: Map<string, Set<number>>, phrase: ParsedQuery['phrases'][number]): boolean {
  const first = phrase[0];
  if (first === undefined) return true;
  for (const start of places.get(first.term) ?? []) {
    if (phrase.every(({ term, offset }) => places.get(term)?.has(start + offset) === true)) return true;
  }
  return false;
}
