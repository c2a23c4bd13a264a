import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eachAsciiWord, isAscii } from '../../src/index.ts';

const WORD = /[\p{L}\p{N}]+(?:['’][\p{L}]+)?/gu;

function wordsOf(text: string): string[] {
  const words: string[] = [];
  eachAsciiWord(text, (start, end) => words.push(text.slice(start, end)));
  return words;
}

test('finds the words that the Unicode expression finds, in every arrangement of characters that matter', () => {
  const alphabet = ['a', 'Z', '7', "'", ' ', '-', '_', '@', '['];
  const { length } = alphabet;
  for (let number = 0; number < length ** 5; number += 1) {
    const text = Array.from({ length: 5 }, (_, place) => alphabet[Math.floor(number / length ** place) % length]).join(
      '',
    );
    assert.deepEqual(wordsOf(text), text.match(WORD) ?? [], JSON.stringify(text));
  }
});

test('tells ASCII from everything else', () => {
  assert.ok(isAscii(''));
  assert.ok(isAscii(String.fromCharCode(...Array.from({ length: 128 }, (_, code) => code))));
  assert.ok(!isAscii('caf\u00e9'));
  assert.ok(!isAscii('\u2019'));
});
