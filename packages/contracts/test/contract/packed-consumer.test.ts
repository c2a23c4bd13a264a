import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { commonErrors } from '@peermesh/errors';
import { submitContent } from '../../src/http/ingest/content.ts';
import { samplesOfRoute } from '../../src/samples/index.ts';

const PUBLISHABLE = ['errors', 'contracts', 'authz', 'telemetry'] as const;
const checkout = resolve(import.meta.dirname, '../../../..');
const tool = (name: string): string => join(import.meta.dirname, '../../node_modules/.bin', name);
const run = promisify(execFile);
let folder: string;

/** Fails with all that the command said. */
async function succeed(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await run(command, args, { cwd, maxBuffer: 16 * 1024 * 1024 }).catch(
    (error: { stdout?: string; stderr?: string; message: string }) => {
      throw new Error(`${error.message}\n${error.stdout ?? ''}${error.stderr ?? ''}`);
    },
  );
  return stdout;
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peermesh-consumer-'));
  await succeed(tool('tsc'), ['-b', ...PUBLISHABLE.map((name) => `packages/${name}`)], checkout);
  for (const name of PUBLISHABLE) {
    await succeed('pnpm', ['pack', '--pack-destination', folder], join(checkout, 'packages', name));
  }
});

after(() => rm(folder, { recursive: true, force: true }));

const tarballs = async (): Promise<string[]> => (await readdir(folder)).filter((file) => file.endsWith('.tgz')).sort();

test('every publishable package is sound: exports, types and files fit together', async () => {
  for (const file of await tarballs()) {
    await succeed(tool('publint'), ['run', join(folder, file), '--strict'], folder);
    await succeed(tool('attw'), [join(folder, file), '--profile', 'esm-only'], folder);
  }
});

test('a team outside the fleet calls a route and takes in an event with the packed packages alone', async (t) => {
  const consumer = join(folder, 'consumer');
  await cp(join(import.meta.dirname, '../fixtures/consumer'), consumer, { recursive: true });
  await install(consumer, await tarballs());
  await succeed(tool('tsc'), ['-p', '.'], consumer);

  const received: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    received.push(`${request.method} ${request.url} ${request.headers['idempotency-key'] ?? ''}`.trim());
    request.resume();
    if (request.method === 'POST') {
      response.writeHead(202, { 'content-type': 'application/json' });
      response.end(JSON.stringify(samplesOfRoute(submitContent)[0]?.response.body));
    } else {
      response.writeHead(404, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify(commonErrors.notFound().toProblem()));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const examples = new URL('../../examples/peermesh.content.submitted.v1/typical.json', import.meta.url);
  const event = await readFile(examples, 'utf8');
  const output = await succeed(process.execPath, ['consumer.ts', baseUrl, event], consumer);
  const expectedTitle = (JSON.parse(event) as { document: { title: string } }).document.title;
  assert.deepEqual(JSON.parse(output), {
    status: 202,
    documentId: 'doc_0198b0c2f1a27cc3a1b2c3d4e5f60719',
    refusal: 'PM_COMMON_NOT_FOUND',
    title: expectedTitle,
    broken: '/ must have required property \'document\' {"missingProperty":"document"}',
    strangerAllowed: false,
    metrics: 'object',
    incomplete: true,
  });
  assert.deepEqual(received, ['POST /api/v1/content "first"', 'GET /api/v1/content/cnt_missing']);
});

/** What `pnpm add` of published packages would do; overrides stand in for the registry. */
async function install(consumer: string, files: readonly string[]): Promise<void> {
  const fileOf = (name: string): string => {
    const file = files.find((candidate) => candidate.startsWith(`peermesh-${name}-`));
    assert.ok(file, `${name} was not packed`);
    return `file:${join(folder, file)}`;
  };
  const manifest = JSON.parse(await readFile(join(consumer, 'package.json'), 'utf8')) as Record<string, unknown>;
  const dependencies = Object.fromEntries(PUBLISHABLE.map((name) => [`@peermesh/${name}`, fileOf(name)]));
  const typesVersion = /["']@types\/node["']: (\S+)/.exec(
    await readFile(join(checkout, 'pnpm-workspace.yaml'), 'utf8'),
  )?.[1];
  await writeFile(
    join(consumer, 'package.json'),
    JSON.stringify({ ...manifest, dependencies: { ...dependencies, '@types/node': typesVersion } }),
  );
  const overrides = Object.entries(dependencies).map(([name, file]) => `  '${name}': '${file}'\n`);
  await writeFile(join(consumer, 'pnpm-workspace.yaml'), `pmOnFail: ignore\noverrides:\n${overrides.join('')}`);
  await succeed('pnpm', ['install', '--prefer-offline', '--ignore-scripts', '--no-frozen-lockfile'], consumer);
}
