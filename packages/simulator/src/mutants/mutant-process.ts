import { readFileSync, realpathSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mutate } from './mutant.ts';
import { mutantNamed } from './registry.ts';

/**
 * Runs one mutant in this process: the module with the bug is replaced as it is loaded, nothing on disk changes.
 * Prints one line of JSON: the verdict. A seed in the third argument is tried before all others.
 */
const mutant = mutantNamed(process.argv[2] ?? '');
const seedsMax = Number(process.argv[3] ?? mutant.seedsMax);
const firstSeed = Number(process.argv[4] ?? 0);
const path = realpathSync(resolve(import.meta.dirname, '../../../..', mutant.file));
const url = pathToFileURL(path).href;
const source = mutate(mutant, readFileSync(path, 'utf8'));
let isLoaded = false;
registerHooks({
  load(address, context, nextLoad) {
    if (address !== url) return nextLoad(address, context);
    isLoaded = true;
    return { ...nextLoad(address, context), format: 'module-typescript', source };
  },
});
const { coreNamed } = await import('../cores.ts');
if (!isLoaded) throw new Error(`${mutant.id}: ${mutant.file} is not part of the core ${mutant.core}`);
const core = coreNamed(mutant.core);
const startedAtMs = performance.now();
const seconds = (): number => Math.round((performance.now() - startedAtMs) / 100) / 10;
let verdict: object = { id: mutant.id, verdict: 'survived', seeds: seedsMax, seconds: 0 };
const others = Array.from({ length: seedsMax }, (_, seed) => seed).filter((seed) => seed !== firstSeed);
for (const seed of [firstSeed, ...others]) {
  const { failure } = core.runSeed(seed);
  if (failure === null) continue;
  verdict = { id: mutant.id, verdict: 'killed', invariant: failure.invariant, seed, seconds: seconds() };
  break;
}
process.stdout.write(`${JSON.stringify({ ...verdict, seconds: seconds() })}\n`);
