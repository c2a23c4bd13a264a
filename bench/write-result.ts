import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';

/** What a benchmark found. */
export interface BenchmarkOutcome {
  readonly passed: boolean;
  readonly summary: string;
  readonly figures: Readonly<Record<string, unknown>>;
  readonly markdown: string;
}

/** Writes `results/<name>.json` and `results/<name>.md`, with the machine that the figures are from. */
export function writeResult(name: string, outcome: BenchmarkOutcome): void {
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const { passed, summary, figures, markdown } = outcome;
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
  const result = { name, passed, summary, machine, ...figures };
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
  const footer = `${machine.cores} cores (${machine.cpu}), Node ${machine.node}.`;
  writeFileSync(join(folder, `${name}.md`), `# ${name}\n\n${summary}\n\n${markdown}\n\n${footer}\n`);
  process.stdout.write(`${passed ? 'met' : 'MISSED'}: ${summary}\n`);
}
