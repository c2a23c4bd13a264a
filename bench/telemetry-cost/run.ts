import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { issueTestToken, startTestJwksServer, startTestPostgres } from '@peermesh/testkit';
import pg from 'pg';
import { type Running, startProcess } from '../gateway/processes.ts';
import { writeResult } from '../write-result.ts';

const COST_MAX = 0.1;
const DEFAULT_RATIO = '0.1';
const ROUNDS = Number(process.argv[2] ?? 7);
const SECONDS = Number(process.argv[3] ?? 4);
const AUTOCANNON = createRequire(import.meta.url).resolve('autocannon');

interface Slice {
  readonly requestsPerSecond: number;
  readonly cpuMicrosPerRequest: number;
}

/** Loads one server from a process of its own; every answer must be 200. */
async function load(server: Running, token: string): Promise<Slice> {
  const startedCpu = server.cpuMs();
  const args = ['-j', '-c', '20', '-d', String(SECONDS), '-H', `authorization=Bearer ${token}`];
  const child = spawn(process.execPath, [AUTOCANNON, ...args, `${server.url}/api/v1/notes/7`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(child, 'close');
  const report = JSON.parse(text) as { requests: { average: number; total: number }; non2xx: number; errors: number };
  if (report.non2xx + report.errors > 0) throw new Error(`${report.non2xx + report.errors} requests failed`);
  return {
    requestsPerSecond: report.requests.average,
    cpuMicrosPerRequest: ((server.cpuMs() - startedCpu) * 1000) / report.requests.total,
  };
}

/** A collector that takes everything and counts the bytes. */
async function startCollector(): Promise<{ url: string; bytes(): number; stop(): void }> {
  let bytes = 0;
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1/traces`, bytes: () => bytes, stop: () => void server.close() };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

const postgres = await startTestPostgres();
const database = await postgres.createDatabase({ service: 'search' });
const owner = new pg.Client({ connectionString: database.ownerUrl });
await owner.connect();
await owner.query('CREATE TABLE search.search_notes (id int PRIMARY KEY, title text NOT NULL, body text NOT NULL)');
await owner.query(
  "INSERT INTO search.search_notes SELECT n, 'Note ' || n, repeat('x', 500) FROM generate_series(1, 1000) n",
);
await owner.end();
const jwks = await startTestJwksServer();
const collector = await startCollector();
const script = new URL('server-process.ts', import.meta.url).pathname;
const start = (ratio: string) => startProcess(script, { args: [database.appUrl, jwks.url, collector.url, ratio] });
const servers = { off: await start('off'), default: await start(DEFAULT_RATIO), all: await start('1') };
const names = ['off', 'default', 'all'] as const;
const slices: Record<(typeof names)[number], Slice[]> = { off: [], default: [], all: [] };

try {
  const token = await issueTestToken({ expiresInSeconds: 3600 });
  for (let warmUp = 0; warmUp < 2; warmUp += 1) for (const name of names) await load(servers[name], token);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed())
      slices[name].push(await load(servers[name], token));
  }
} finally {
  for (const name of names) await servers[name].stop();
  collector.stop();
  await jwks.stop();
  await database.drop();
  await postgres.stop();
}

const ratioTo = (name: 'default' | 'all', of: keyof Slice): number =>
  median(slices[name].map((slice, round) => slice[of] / (slices.off[round]?.[of] ?? slice[of])));
const cost = 1 - ratioTo('default', 'requestsPerSecond');
const costOfAll = 1 - ratioTo('all', 'requestsPerSecond');
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const row = (label: string, name: (typeof names)[number]): string => {
  const rate = Math.round(median(slices[name].map((slice) => slice.requestsPerSecond)));
  const cpu = median(slices[name].map((slice) => slice.cpuMicrosPerRequest)).toFixed(1);
  return `| ${label} | ${rate} | ${cpu} |`;
};

if (collector.bytes() === 0) throw new Error('no span arrived at the collector');
writeResult('telemetry-cost', {
  passed: cost < COST_MAX,
  summary: `tracing as configured by default costs ${percent(cost)} of throughput (promised: under 10 %), of all requests ${percent(costOfAll)}`,
  figures: { cost, costOfAll, collectedBytes: collector.bytes(), slices },
  markdown: [
    'One route as services have them (token, role, validation, one query in a tenant transaction, serialized answer), with',
    'Prometheus metrics in all three; each traced request makes a server span and a span for its query,',
    `exported as OTLP protobuf to a collector. 20 connections, ${ROUNDS} alternating slices of ${SECONDS} s, medians of paired ratios.`,
    '',
    '| traces | requests/s | CPU µs/request |',
    '|---|---|---|',
    row('off', 'off'),
    row(`on, ${DEFAULT_RATIO} of requests (default)`, 'default'),
    row('on, all requests', 'all'),
  ].join('\n'),
});
process.exitCode = cost < COST_MAX ? 0 : 1;
