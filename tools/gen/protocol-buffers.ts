import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GeneratedFile } from '@peermesh/infra/generate';

const BIN = join(import.meta.dirname, '../node_modules/.bin');
const TARGET = 'services/mesh-node/src/gen';

/** The messages and services of proto/, after a lint. Throws what buf says of a file that is not in order. */
export function protocolBuffers(): GeneratedFile[] {
  const output = mkdtempSync(join(tmpdir(), 'peermesh-buf-'));
  try {
    buf('lint');
    buf('generate', '--output', output);
    return readdirSync(output, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => ({ path: `${TARGET}/${path}`, text: readFileSync(join(output, path), 'utf8') }));
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

function buf(...args: readonly string[]): void {
  const env = { ...process.env, PATH: `${BIN}:${process.env['PATH'] ?? ''}` };
  execFileSync(join(BIN, 'buf'), args, { cwd: 'proto', env, stdio: ['ignore', 'inherit', 'inherit'] });
}
