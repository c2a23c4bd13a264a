import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FUZZ_TARGETS } from '../../../src/fuzz/codecs.ts';
import type { FuzzedCodec } from '../../../src/fuzz/fuzzed-codec.ts';
import { fuzzCodec } from '../../../src/fuzz/fuzzer.ts';

const INPUTS = 10_000;

for (const { name, run } of FUZZ_TARGETS) {
  test(`${name}: of ${INPUTS} inputs none makes the decoder throw, read beside it or contradict itself`, () => {
    const { inputs, accepted, refused, reasons } = run(1, INPUTS);
    assert.equal(inputs, INPUTS);
    assert.ok(accepted > INPUTS / 10, `${accepted} accepted`);
    assert.ok(refused > INPUTS / 50, `${refused} refused`);
    assert.ok(Object.keys(reasons).length > 0);
  });
}

suite('a codec with a bug is found out', () => {
  const sound: FuzzedCodec = {
    name: 'pair',
    isCanonical: true,
    sample: (random) => Uint8Array.of(random.integer(256), random.integer(256)),
    read: (bytes) => (bytes.length === 2 ? { again: bytes.slice() } : { refused: 'length' }),
  };
  const bugs: readonly (readonly [string, RegExp, FuzzedCodec['read']])[] = [
    [
      'throws',
      /outside the bounds/,
      (bytes) => {
        const second = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint8(1);
        return bytes.length > 2 ? { refused: 'length' } : { again: Uint8Array.of(bytes[0] ?? 0, second) };
      },
    ],
    [
      'takes what is too long',
      /written otherwise/,
      (bytes) => (bytes.length < 2 ? { refused: 'length' } : { again: bytes.slice(0, 2) }),
    ],
    ['refuses what is sound', /well-formed/, () => ({ refused: 'length' })],
    ['changes its input', /changed its input/, (bytes) => sound.read(bytes.fill(0))],
    [
      'reads beside its input',
      /beside the input/,
      ({ buffer, byteOffset, length }) =>
        length === 2
          ? { again: new Uint8Array(buffer, byteOffset, 2).slice() }
          : { refused: new Uint8Array(buffer)[byteOffset + length] === 255 ? 'longer' : 'length' },
    ],
  ];
  for (const [name, finding, read] of bugs)
    test(`when it ${name}`, () => {
      assert.throws(() => fuzzCodec({ ...sound, read }, 1, 500), finding);
      assert.throws(
        () => fuzzCodec({ ...sound, read }, 1, 500),
        /replay: npm run sim -- --fuzz \d+ --codec pair --seed 1/,
      );
    });
});

test('the same seed makes the same inputs', () => {
  for (const { run } of FUZZ_TARGETS) assert.deepEqual(run(7, 300), run(7, 300));
});
