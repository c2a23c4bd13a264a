import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { RunCounts } from './counting-reporter.ts';
import { checkCoverage } from './coverage.ts';
import { guardAgainstHangs } from './hang-guard.ts';
import { filesOf, PHASES, type Phase } from './phases.ts';

process.chdir(resolve(import.meta.dirname, '../..'));

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    filter: { type: 'string' },
    static: { type: 'boolean', default: false },
    coverage: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const unknown = values.only?.find((name) => !PHASES.some((phase) => phase.name === name));
if (unknown !== undefined) {
  process.stderr.write(`There is no phase ${unknown}. Phases: ${PHASES.map((phase) => phase.name).join(', ')}.\n`);
  process.exit(2);
}
const selected = PHASES.filter((phase) => {
  if (values.static) return phase.kind === 'check';
  if (values.only !== undefined) return values.only.includes(phase.name);
  return values.filter === undefined || phase.kind === 'tests';
});
const isWhole = selected.length === PHASES.length && values.filter === undefined;
const withCoverage = isWhole && values.coverage;
const scratch = mkdtempSync(join(tmpdir(), 'peermesh-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };
const failed: string[] = [];

function add(counts: Pick<RunCounts, 'passed' | 'failed' | 'skipped'>, names: readonly string[]): void {
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  failed.push(...names);
}

function run(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  mode: { readonly quiet: boolean; readonly fileLimitMs?: number },
): Promise<{ code: number; output: string }> {
  return new Promise((done) => {
    const child = spawn(command[0] ?? '', command.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const stopGuard =
      child.pid === undefined || mode.fileLimitMs === undefined
        ? () => undefined
        : guardAgainstHangs(child.pid, mode.fileLimitMs);
    let output = '';
    const onData = (data: Buffer): void => {
      if (mode.quiet) output += data.toString();
      else process.stdout.write(data);
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.on('error', (error) => done({ code: 127, output: `${output}${error.message}\n` }));
    child.on('close', (code) => {
      stopGuard();
      done({ code: code ?? 1, output });
    });
  });
}

async function runCheck(phase: Phase & { kind: 'check' }): Promise<void> {
  const { code, output } = await run(phase.command, process.env, { quiet: true });
  if (code !== 0) process.stdout.write(output);
  add({ passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }, code === 0 ? [] : [phase.name]);
}

async function runTests(phase: Phase & { kind: 'tests' }): Promise<void> {
  const files = filesOf(phase.pattern, values.filter ?? null);
  if (files.length === 0) return;
  const countsFile = join(scratch, `${phase.name}.json`);
  // Never with --test-force-exit: results that are still in the pipe are lost then (nodejs/node#64833), and so are leaks.
  const { code } = await run(
    [
      process.execPath,
      '--conditions=@peermesh/source',
      '--disable-warning=ExperimentalWarning',
      '--test',
      `--test-concurrency=${phase.concurrency}`,
      `--test-timeout=${phase.timeoutMs}`,
      '--test-reporter=./tools/test/counting-reporter.ts',
      ...files,
    ],
    {
      ...process.env,
      PEERMESH_TEST_COUNTS: countsFile,
      ...(withCoverage ? { NODE_V8_COVERAGE: join(scratch, 'coverage') } : {}),
    },
    { quiet: false, fileLimitMs: phase.fileLimitMs },
  );
  if (!existsSync(countsFile)) {
    add({ passed: 0, failed: 1, skipped: 0 }, [`${phase.name}: the runner ended with ${code} before it could report`]);
    return;
  }
  const counts = JSON.parse(readFileSync(countsFile, 'utf8')) as RunCounts;
  add(
    counts,
    counts.failures.map(({ file, name }) => `${file}: ${name}`),
  );
  process.stdout.write(
    `  ${files.length} files: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`,
  );
  if (code !== 0 && counts.failed === 0)
    add({ passed: 0, failed: 1, skipped: 0 }, [`${phase.name}: the runner ended with ${code}`]);
}

const startedAt = performance.now();
try {
  for (const phase of selected) {
    const phaseStart = performance.now();
    process.stdout.write(`== ${phase.name}\n`);
    await (phase.kind === 'check' ? runCheck(phase) : runTests(phase));
    process.stdout.write(`   ${((performance.now() - phaseStart) / 1000).toFixed(1)} s\n`);
  }
  if (withCoverage) {
    process.stdout.write('== coverage\n');
    const coverage = await checkCoverage(join(scratch, 'coverage'));
    process.stdout.write(coverage.report);
    add(
      { passed: coverage.ok ? 1 : 0, failed: coverage.ok ? 0 : 1, skipped: 0 },
      coverage.ok ? [] : ['coverage of lines is under 80 %'],
    );
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.stdout.write(`\n${((performance.now() - startedAt) / 1000).toFixed(0)} s in all\n`);
for (const name of failed) process.stdout.write(`failed: ${name}\n`);
process.stdout.write(
  `${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}\n`,
);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
