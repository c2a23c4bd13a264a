import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const FOLDER = import.meta.dirname;
const RESULTS = join(FOLDER, 'results');

/** What a benchmark leaves in `results/<name>.json`; further members are its own. */
interface BenchmarkResult {
  readonly passed?: boolean;
  readonly summary?: string;
}

interface Outcome {
  readonly name: string;
  readonly exitCode: number;
  readonly seconds: number;
}

/** The benchmarks: every folder here with a run.ts that runs by itself and writes results/<name>.json and .md. */
function benchmarks(): string[] {
  return readdirSync(FOLDER).filter((name) => existsSync(join(FOLDER, name, 'run.ts')));
}

function runBenchmark(name: string): Promise<Outcome> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--conditions=@peermesh/source', join(FOLDER, name, 'run.ts')], {
    stdio: 'inherit',
    cwd: join(FOLDER, name),
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) =>
      resolve({ name, exitCode: code ?? 1, seconds: Math.round((performance.now() - startedAt) / 1_000) }),
    );
  });
}

/** results/README.md: one line per benchmark that has a result, whoever ran it. */
function writeOverview(): void {
  const rows = readdirSync(RESULTS)
    .filter((file) => file.endsWith('.json'))
    .map((file) => {
      const { passed, summary } = JSON.parse(readFileSync(join(RESULTS, file), 'utf8')) as BenchmarkResult;
      const name = file.slice(0, -'.json'.length);
      const verdict = passed === undefined ? '' : passed ? 'met' : 'missed';
      return `| [${name}](${name}.md) | ${verdict} | ${summary ?? ''} |`;
    });
  const text = ['# Results', '', '| benchmark | promise | summary |', '|---|---|---|', ...rows, ''].join('\n');
  writeFileSync(join(RESULTS, 'README.md'), text);
}

const { values, positionals } = parseArgs({
  options: { list: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const known = benchmarks();
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`bench: there is no ${unknown.join(', ')}; known are ${known.join(', ')}\n`);
  process.exitCode = 2;
} else if (values.list) {
  process.stdout.write(`${known.join('\n')}\n`);
} else {
  mkdirSync(RESULTS, { recursive: true });
  const outcomes: Outcome[] = [];
  for (const name of positionals.length === 0 ? known : positionals) {
    process.stdout.write(`\n# ${name}\n`);
    outcomes.push(await runBenchmark(name));
  }
  writeOverview();
  process.stdout.write('\n');
  for (const { name, exitCode, seconds } of outcomes) {
    process.stdout.write(`${exitCode === 0 ? 'met   ' : 'missed'} ${name} (${seconds} s)\n`);
  }
  process.exitCode = outcomes.some(({ exitCode }) => exitCode !== 0) ? 1 : 0;
}
