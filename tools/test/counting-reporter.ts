import { writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

/** What one run of node:test came to. */
export interface RunCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly { readonly file: string; readonly name: string; readonly message: string }[];
}

const STDERR_LENGTH_MAX = 4_000;
const CAUSES_MAX = 5;
const SLOWEST = 6;
const WORTH_TELLING_MS = 10_000;

/**
 * A node:test reporter: a line per failure and per skip, the slowest files, and the counts as JSON in the file of
 * `PEERMESH_TEST_COUNTS`.
 * Suites are not counted, their tests are; a file that fails as a whole counts as one failure.
 */
export default async function* countingReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  let skipped = 0;
  const failures: { file: string; name: string; message: string }[] = [];
  const stderr = new Map<string, string>();
  const durations: [file: string, ms: number][] = [];
  for await (const event of source) {
    if (event.type === 'test:stderr') {
      const file = resolve(event.data.file ?? '');
      stderr.set(file, `${stderr.get(file) ?? ''}${event.data.message}`.slice(-STDERR_LENGTH_MAX));
    } else if (event.type === 'test:summary') {
      if (event.data.file !== undefined) durations.push([event.data.file, event.data.duration_ms]);
    } else if (event.type === 'test:pass' && event.data.details.type !== 'suite') {
      if (event.data.skip === undefined) {
        passed += 1;
      } else {
        skipped += 1;
        yield `  skipped: ${event.data.name} (${String(event.data.skip)})\n`;
      }
    } else if (event.type === 'test:fail') {
      const file = relative(process.cwd(), event.data.file ?? '');
      const { error, type } = event.data.details;
      const isWholeFile = event.data.nesting === 0 && event.data.name === file;
      const message = isWholeFile ? (stderr.get(resolve(file)) ?? error.message) : messageOf(error);
      if (type === 'suite') {
        if ((error as { failureType?: string }).failureType === 'hookFailed')
          yield failure(file, event.data.name, message);
        continue;
      }
      failures.push({ file, name: event.data.name, message });
      yield failure(file, event.data.name, message);
    }
  }
  const slowest = durations.filter(([, ms]) => ms >= WORTH_TELLING_MS).sort(([, left], [, right]) => right - left);
  for (const [file, ms] of slowest.slice(0, SLOWEST))
    yield `  ${(ms / 1000).toFixed(0).padStart(5)} s  ${relative(process.cwd(), file)}\n`;
  const counts: RunCounts = { passed, failed: failures.length, skipped, failures };
  const target = process.env['PEERMESH_TEST_COUNTS'];
  if (target !== undefined) writeFileSync(target, JSON.stringify(counts));
}

/** The error of a test, with what it was caused by: of a wait that was in vain that is the last thing that was wrong. */
function messageOf(error: Error): string {
  const said: string[] = [];
  let cause: unknown = error.cause ?? error;
  for (; cause instanceof Error && said.length < CAUSES_MAX; cause = cause.cause)
    said.push(cause.stack ?? cause.message);
  return said.length === 0 ? String(cause) : said.join('\ncaused by ');
}

function failure(file: string, name: string, message: string): string {
  return `  FAILED ${file}: ${name}\n${message.trimEnd().replace(/^/gm, '      ')}\n`;
}
