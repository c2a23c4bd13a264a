import { FUZZ_TARGETS, fuzzTargetNamed } from './codecs.ts';

/** `--fuzz N`: N inputs for each codec, or for one. True when none was found wanting. */
export function runFuzz(inputs: number, name: string | null, seed: number, say: (text: string) => void): boolean {
  let isGood = true;
  for (const target of name === null ? FUZZ_TARGETS : [fuzzTargetNamed(name)]) {
    const startedAtMs = performance.now();
    try {
      const { accepted, refused, reasons } = target.run(seed, inputs);
      const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
      const list = Object.entries(reasons).map(([reason, count]) => `${reason} ${count}`);
      say(
        `${target.name.padEnd(16)} ${inputs} inputs in ${seconds} s: ${accepted} taken, ${refused} refused (${list.join(', ')})\n`,
      );
    } catch (error) {
      isGood = false;
      say(`${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  return isGood;
}
