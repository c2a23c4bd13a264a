import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createInlineExtractor } from '../../src/adapters/local/inline-extractor.ts';
import { createThreadExtractor } from '../../src/adapters/workers/thread-extractor.ts';

const extractors = { inline: createInlineExtractor(), threads: createThreadExtractor(2) };
after(() => Promise.all(Object.values(extractors).map((extractor) => extractor.close())));

const INPUTS = Array.from({ length: 7 }, (_, index) => ({
  title: `T${index}`,
  text: `Ada Lovelace visited Paris on 2026-11-0${index + 1}.`,
  language: null,
}));

for (const [name, extractor] of Object.entries(extractors)) {
  test(`${name}: answers every input in its place`, async () => {
    const results = await extractor.extractAll(INPUTS);
    assert.deepEqual(
      results.map(({ title }) => title),
      INPUTS.map(({ title }) => title),
    );
    assert.deepEqual(
      results.map(({ dates }) => dates[0]?.value),
      INPUTS.map((_, index) => `2026-11-0${index + 1}`),
    );
    assert.deepEqual(await extractor.extractAll([]), []);
  });
}

test('threads and main thread find the same', async () => {
  assert.deepEqual(await extractors.threads.extractAll(INPUTS), await extractors.inline.extractAll(INPUTS));
});
