import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

/** What one run of node:test came to. */
export interface RunCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly { readonly file: string; readonly name: string; readonly message: string }[];
}

const isLeaf = (data: { readonly details?: { readonly type?: string | undefined } }): boolean =>
  data.details?.type !== 'suite';

/** A node:test reporter: a line per failure and per skip, and the counts as JSON in the file of `PEERMESH_TEST_COUNTS`. */
export default async function* countingReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  let skipped = 0;
  const failures: { file: string; name: string; message: string }[] = [];
  for await (const event of source) {
    if (event.type === 'test:pass' && isLeaf(event.data)) {
      if (event.data.skip !== undefined) {
        skipped += 1;
        yield `  skipped: ${event.data.name} (${String(event.data.skip)})\n`;
      } else {
        passed += 1;
      }
    } else if (event.type === 'test:fail' && isLeaf(event.data)) {
      const file = relative(process.cwd(), event.data.file ?? '');
      const { error } = event.data.details;
      const cause: unknown = error.cause ?? error;
      const message = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      failures.push({ file, name: event.data.name, message });
      yield `  FAILED ${file}: ${event.data.name}\n${message.replace(/^/gm, '      ')}\n`;
    } else if (event.type === 'test:stderr' && process.env['PEERMESH_TEST_STDERR'] !== undefined) {
      yield event.data.message;
    }
  }
  const counts: RunCounts = { passed, failed: failures.length, skipped, failures };
  const target = process.env['PEERMESH_TEST_COUNTS'];
  if (target !== undefined) writeFileSync(target, JSON.stringify(counts));
}
