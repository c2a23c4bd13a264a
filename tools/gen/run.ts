import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { generatedFiles } from '@peermesh/infra/generate';
import { apiFiles } from './api-files.ts';
import { configTables } from './config-tables.ts';
import { eventSchemas } from './event-schemas.ts';
import { errorPages } from './error-pages.ts';
import { protocolBuffers } from './protocol-buffers.ts';

/** Writes every generated file; with `--check` it only compares, and fails where one differs. */
process.chdir(resolve(import.meta.dirname, '../..'));
const isCheck = process.argv.includes('--check');
const files = [...generatedFiles(), ...apiFiles(), ...eventSchemas(), ...errorPages(), ...protocolBuffers(), ...(await configTables())];
const stale = files.filter(({ path, text }) => !existsSync(path) || readFileSync(path, 'utf8') !== text);
for (const { path, text } of stale) {
  process.stdout.write(`${isCheck ? 'not up to date: ' : ''}${path}\n`);
  if (isCheck) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
if (isCheck && stale.length > 0) {
  process.stdout.write('Run `pnpm gen` and commit what it writes.\n');
  process.exitCode = 1;
}
