import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Least share of lines that tests must run, in per cent. */
const LINES_MIN = 80;

/** Merges what every process of the run recorded (V8 coverage) and holds it against the floor. */
export async function checkCoverage(folder: string): Promise<{ readonly ok: boolean; readonly report: string }> {
  const target = mkdtempSync(join(tmpdir(), 'peermesh-coverage-'));
  const result = spawnSync(
    'node_modules/.bin/c8',
    [
      'report',
      '--temp-directory',
      folder,
      '--reports-dir',
      target,
      '--reporter=json-summary',
      '--exclude-after-remap',
      '--include=packages/*/src/**/*.ts',
      '--include=services/*/src/**/*.ts',
      '--include=infra/**/*.ts',
      '--exclude=**/test/**',
    ],
    { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '--max-old-space-size=6144' } },
  );
  if (result.status !== 0) return { ok: false, report: `${result.stdout}${result.stderr}` };
  const summary = JSON.parse(readFileSync(join(target, 'coverage-summary.json'), 'utf8')) as Record<
    string,
    { lines: { pct: number; total: number; covered: number } }
  >;
  const lines = summary['total']?.lines ?? { pct: 0, total: 0, covered: 0 };
  const worst = Object.entries(summary)
    .filter(([file, entry]) => file !== 'total' && entry.lines.total > 30 && entry.lines.pct < 60)
    .sort((a, b) => a[1].lines.pct - b[1].lines.pct)
    .slice(0, 10)
    .map(
      ([file, entry]) => `   ${entry.lines.pct.toFixed(0).padStart(3)} %  ${file.replace(`${process.cwd()}/`, '')}\n`,
    );
  return {
    ok: lines.pct >= LINES_MIN,
    report: `   ${lines.pct.toFixed(1)} % of ${lines.total} lines (floor ${LINES_MIN} %)\n${worst.join('')}`,
  };
}
