import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiagnosticSeverity, Parser } from '@asyncapi/parser';

/** Lints the generated API documents: OpenAPI with Redocly, AsyncAPI with its reference parser. */
const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
const redocly = join(import.meta.dirname, '../node_modules/.bin/redocly');
const openApi = spawnSync(redocly, ['lint', '--format=stylish', ...globSync('docs/openapi/*.json').sort()], {
  encoding: 'utf8',
  env,
});
if (openApi.status !== 0) process.stdout.write(`${openApi.stdout}${openApi.stderr}`);

const { diagnostics, document } = await new Parser().parse(readFileSync('docs/asyncapi/peermesh.json', 'utf8'));
const flaws = diagnostics.filter(({ severity }) => severity <= DiagnosticSeverity.Warning);
for (const { message, path } of flaws)
  process.stdout.write(`docs/asyncapi/peermesh.json ${path.join('.')}: ${message}\n`);

process.exitCode = openApi.status === 0 && document !== undefined && flaws.length === 0 ? 0 : 1;
