import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extract } from '../../../src/domain/extraction/extract.ts';
import { LABELLED_TEXTS } from '../../support/labelled-texts.ts';

const CONFIDENT = 0.4;

function scoresOf(
  found: readonly string[],
  expected: readonly string[],
  counts: { hits: number; found: number; expected: number },
): void {
  counts.hits += expected.filter((label) => found.includes(label)).length;
  counts.found += found.length;
  counts.expected += expected.length;
}

test('keeps precision and recall on the labelled texts above the floor', (context) => {
  const names = { hits: 0, found: 0, expected: 0 };
  const typed = { hits: 0, found: 0, expected: 0 };
  const stated = { hits: 0, found: 0, expected: 0 };
  for (const { text, entities, relationships } of LABELLED_TEXTS) {
    const result = extract({ title: null, text, language: null });
    const confident = result.entities.filter(({ confidence }) => confidence >= CONFIDENT);
    scoresOf(
      confident.map(({ name }) => name),
      entities.map((label) => label.replace(/\/\w+$/, '')),
      names,
    );
    scoresOf(
      confident.map(({ name, type }) => `${name}/${type}`),
      entities,
      typed,
    );
    const links = result.relationships.filter(({ type }) => type !== 'RELATED_TO');
    scoresOf(
      links.map(({ from, to, type }) => `${result.entities[from]?.name} ${type} ${result.entities[to]?.name}`),
      relationships,
      stated,
    );
  }
  const report = (label: string, { hits, found, expected }: typeof names): { precision: number; recall: number } => {
    const [precision, recall] = [hits / found, hits / expected];
    context.diagnostic(
      `${label}: precision ${precision.toFixed(2)}, recall ${recall.toFixed(2)} (${hits} of ${expected} labelled, ${found} found)`,
    );
    return { precision, recall };
  };
  const [name, type, relationship] = [
    report('names', names),
    report('names with type', typed),
    report('stated relationships', stated),
  ];
  assert.ok(name.precision >= 0.85 && name.recall >= 0.85, 'names');
  assert.ok(type.precision >= 0.75 && type.recall >= 0.75, 'names with type');
  assert.ok(relationship.precision >= 0.7 && relationship.recall >= 0.7, 'relationships');
});

test('tells the language of every labelled text', () => {
  for (const { text, language } of LABELLED_TEXTS)
    assert.equal(extract({ title: null, text, language: null }).language, language, text.slice(0, 40));
});
