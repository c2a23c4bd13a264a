import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { KnownSeeds } from './known-seeds.ts';
import type { Mutant, MutantVerdict } from './mutant.ts';

const PROCESS = fileURLToPath(import.meta.resolve('./mutant-process.ts'));

/** How mutants are run. */
export interface MutantRun {
  /** Processes at a time. */
  readonly workers: number;
  /** Where each was found before: that seed is tried first. Without it the seeds are gone through from 0. */
  readonly knownSeeds?: KnownSeeds;
  /** Called as each ends. */
  onVerdict(verdict: MutantVerdict): void;
}

/** What became of each of the mutants. */
export async function runMutants(
  mutants: readonly Mutant[],
  { workers, knownSeeds = {}, onVerdict }: MutantRun,
): Promise<MutantVerdict[]> {
  const waiting = [...mutants];
  const verdicts: MutantVerdict[] = [];
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const verdict = await runMutant(mutant, knownSeeds[mutant.id] ?? 0);
      verdicts.push(verdict);
      onVerdict(verdict);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return verdicts;
}

function runMutant({ id, seedsMax }: Mutant, firstSeed: number): Promise<MutantVerdict> {
  // The coverage of code with a bug in it says nothing, and costs the simulation a good part of its speed.
  const { NODE_V8_COVERAGE: _, ...env } = process.env;
  const child = spawn(
    process.execPath,
    [
      '--conditions=@peermesh/source',
      '--disable-warning=ExperimentalWarning',
      PROCESS,
      id,
      String(seedsMax),
      String(firstSeed),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env },
  );
  let output = '';
  let errors = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString();
  });
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ id, verdict: 'broken', reason: error.message }));
    child.on('close', (code) => {
      const reason = errors.split('\n').find((line) => line.includes('Error')) ?? errors.slice(0, 300);
      if (code === 0 && output !== '') resolve(JSON.parse(output) as MutantVerdict);
      else resolve({ id, verdict: 'broken', reason: `ended with ${code}: ${reason}` });
    });
  });
}

/** One line for a person. */
export function describeVerdict(verdict: MutantVerdict): string {
  if (verdict.verdict === 'killed')
    return `killed    ${verdict.id.padEnd(36)} by ${verdict.invariant} at seed ${verdict.seed} (${verdict.seconds} s)`;
  if (verdict.verdict === 'survived')
    return `SURVIVED  ${verdict.id.padEnd(36)} ${verdict.seeds} seeds (${verdict.seconds} s)`;
  return `BROKEN    ${verdict.id.padEnd(36)} ${verdict.reason}`;
}
