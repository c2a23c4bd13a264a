import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extract } from '../../../src/domain/extraction/extract.ts';
import { HELD_OUT_TEXTS } from '../../support/held-out-texts.ts';
import { LABELLED_TEXTS, type LabelledText } from '../../support/labelled-texts.ts';

const CONFIDENT = 0.4;

function scoresOf(found: readonly string[], expected: readonly string[], counts: Counts): void {
  counts.hits += expected.filter((label) => found.includes(label)).length;
  counts.found += found.length;
  counts.expected += expected.length;
}

interface Counts {
  hits: number;
  found: number;
  expected: number;
}

function evaluate(texts: readonly LabelledText[]): Record<'names' | 'typed' | 'stated', Counts> {
  const counts = { names: noCounts(), typed: noCounts(), stated: noCounts() };
  for (const { text, entities, relationships } of texts) {
    const result = extract({ title: null, text, language: null });
    const confident = result.entities.filter(({ confidence }) => confidence >= CONFIDENT);
    scoresOf(
      confident.map(({ name }) => name),
      entities.map((label) => label.replace(/\/\w+$/, '')),
      counts.names,
    );
    scoresOf(
      confident.map(({ name, type }) => `${name}/${type}`),
      entities,
      counts.typed,
    );
    const links = result.relationships.filter(({ type }) => type !== 'RELATED_TO');
    const labels = links.map(
      ({ from, to, type }) => `${result.entities[from]?.name} ${type} ${result.entities[to]?.name}`,
    );
    scoresOf(labels, relationships, counts.stated);
  }
  return counts;
}

const noCounts = (): Counts => ({ hits: 0, found: 0, expected: 0 });
const SETS = [
  { name: 'tuned on', texts: LABELLED_TEXTS, floors: { names: [0.9, 0.85], typed: [0.85, 0.8], stated: [0.75, 0.75] } },
  { name: 'held out', texts: HELD_OUT_TEXTS, floors: { names: [0.8, 0.75], typed: [0.6, 0.6], stated: [0.5, 0.4] } },
] as const;

for (const { name, texts, floors } of SETS) {
  test(`keeps precision and recall above the floor on texts it was ${name}`, (context) => {
    for (const [kind, counts] of Object.entries(evaluate(texts)) as [keyof typeof floors, Counts][]) {
      const [precision, recall] = [counts.hits / counts.found, counts.hits / counts.expected];
      const figures = `${kind}: precision ${precision.toFixed(2)}, recall ${recall.toFixed(2)} (${counts.expected} labelled, ${counts.found} found)`;
      context.diagnostic(figures);
      assert.ok(precision >= floors[kind][0] && recall >= floors[kind][1], figures);
    }
  });
}

test('tells the language of every labelled text', () => {
  for (const { text, language } of LABELLED_TEXTS)
    assert.equal(extract({ title: null, text, language: null }).language, language, text.slice(0, 40));
});
