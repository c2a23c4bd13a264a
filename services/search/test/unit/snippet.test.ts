import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyze } from '../../src/domain/analysis/analyzer.ts';
import { parseQuery } from '../../src/domain/query/parse-query.ts';
import { Highlighter } from '../../src/domain/query/snippet.ts';
import { randomOf } from '../support/domain-samples.ts';

const marked = (query: string, text: string): string[] =>
  new Highlighter(parseQuery(query).terms.keys()).find(text).map(({ start, end }) => text.slice(start, end));

test('marks every word that the analyzer takes for a word of the query', () => {
  const text =
    "Ponies pony PONIES' flies, flying; a fly's café CAFE cafés naïve Naive über 太陽光発電 x1 X1 1999 the They";
  for (const query of ['pony fly', 'café', 'naive', 'Über x1', '1999 they', 'ponies flying cafés', '太陽光']) {
    const terms = new Set(parseQuery(query).terms.keys());
    const wanted = analyze(text, { keepStopWords: true })
      .filter(({ term }) => terms.has(term))
      .map(({ start, end }) => text.slice(start, end).replace(/['’].*$/, ''));
    assert.deepEqual(marked(query, text), wanted, query);
  }
});

test('agrees with the analyzer on random texts of inflected words', () => {
  const random = randomOf(3);
  const stems = ['relate', 'index', 'study', 'run', 'be', 'die', 'y', 'hope', 'agree', 'generalize', 'ox', 'it'];
  const endings = ['', 's', 'ed', 'ing', 'ational', 'ies', 'ly', 'ness', 'e', 'y'];
  const word = (): string =>
    `${stems[Math.floor(random() * stems.length)]}${endings[Math.floor(random() * endings.length)]}`;
  for (let round = 0; round < 200; round += 1) {
    const text = Array.from({ length: 40 }, word).join(random() < 0.5 ? ' ' : '-');
    const query = Array.from({ length: 3 }, word).join(' ');
    const terms = new Set(parseQuery(query).terms.keys());
    const wanted = analyze(text, { keepStopWords: true }).filter(({ term }) => terms.has(term));
    assert.deepEqual(
      new Highlighter(terms).find(text).map(({ start, end }) => ({ start, end })),
      wanted.map(({ start, end }) => ({ start, end })),
      query,
    );
  }
});

test('a snippet shows the stretch with the most different words, cut between words', () => {
  const filler = 'nothing of note here '.repeat(40);
  const text = `${filler}solar ${filler}solar storage with molten salt ${filler}solar solar solar`;
  const { text: snippet, ranges } = new Highlighter(parseQuery('solar storage salt').terms.keys()).snippet(text);
  assert.match(snippet, /solar storage with molten salt/);
  assert.ok(snippet.length <= 240);
  assert.deepEqual(
    ranges.map(({ start, end }) => snippet.slice(start, end)),
    ['solar', 'storage', 'salt'],
  );
  assert.ok(text.includes(snippet) && /\s/.test(text[text.indexOf(snippet) + snippet.length] ?? ' '));
});

test('without a match the beginning is shown, and a surrogate pair is never cut', () => {
  const highlighter = new Highlighter(['absent']);
  assert.equal(highlighter.snippet('short text').text, 'short text');
  const { text } = highlighter.snippet('😀'.repeat(300));
  assert.ok(text.isWellFormed());
  assert.deepEqual(new Highlighter([]).snippet('some text'), { text: 'some text', ranges: [] });
});
