import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { issueTestToken } from '@peermesh/testkit';
import { writeResult } from '../write-result.ts';
import { startGatewayFleet } from './fleet.ts';
import { type Running, startProcess } from './processes.ts';

const CONNECTIONS = 50;
const ROUNDS = Number(process.argv[2] ?? 5);
const SECONDS = Number(process.argv[3] ?? 4);
const AUTOCANNON = createRequire(import.meta.url).resolve('autocannon');

interface Slice {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failures: number;
  readonly cpuMicrosPerRequest: number;
}

/** Loads one server from a process of its own. */
async function load(server: Running, token: string, seconds: number): Promise<Slice> {
  const startedCpu = server.cpuMs();
  const args = ['-j', '-c', String(CONNECTIONS), '-d', String(seconds), '-H', `authorization=Bearer ${token}`];
  const child = spawn(process.execPath, [AUTOCANNON, ...args, `${server.url}/api/v1/search`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(child, 'close');
  const { requests, latency, non2xx, errors } = JSON.parse(text) as {
    requests: { average: number; total: number };
    latency: { p50: number; p99: number };
    non2xx: number;
    errors: number;
  };
  return {
    requestsPerSecond: requests.average,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
    failures: non2xx + errors,
    cpuMicrosPerRequest: ((server.cpuMs() - startedCpu) * 1000) / requests.total,
  };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
const summary = (slices: readonly Slice[]): Slice => ({
  requestsPerSecond: Math.round(median(slices.map((slice) => slice.requestsPerSecond))),
  p50Ms: median(slices.map((slice) => slice.p50Ms)),
  p99Ms: median(slices.map((slice) => slice.p99Ms)),
  failures: slices.reduce((sum, slice) => sum + slice.failures, 0),
  cpuMicrosPerRequest: Math.round(median(slices.map((slice) => slice.cpuMicrosPerRequest)) * 10) / 10,
});

const upstream = await startProcess(new URL('upstream-process.ts', import.meta.url).pathname);
const reference = await startProcess(new URL('reference-process.ts', import.meta.url).pathname, {
  args: [upstream.url],
});
const fleet = await startGatewayFleet(upstream.url);
try {
  const token = await issueTestToken({ expiresInSeconds: 3600 });
  const slices = { reference: [] as Slice[], gateway: [] as Slice[] };
  await load(reference, token, 3);
  await load(fleet.gateway, token, 3);
  for (let round = 0; round < ROUNDS; round++) {
    slices.reference.push(await load(reference, token, SECONDS));
    slices.gateway.push(await load(fleet.gateway, token, SECONDS));
  }
  const [bare, gateway] = [summary(slices.reference), summary(slices.gateway)];
  const ratio = Math.round((gateway.requestsPerSecond / bare.requestsPerSecond) * 100) / 100;
  const passed = ratio >= 1 && gateway.p99Ms <= bare.p99Ms && gateway.failures === 0;
  const row = (name: string, slice: Slice): string =>
    `| ${name} | ${slice.requestsPerSecond} | ${slice.p50Ms} | ${slice.p99Ms} | ${slice.cpuMicrosPerRequest} | ${slice.failures} |`;
  writeResult('gateway', {
    passed,
    summary: `${ratio}x the requests per second of bare @fastify/http-proxy, p99 ${gateway.p99Ms} ms against ${bare.p99Ms} ms`,
    figures: { connections: CONNECTIONS, rounds: ROUNDS, secondsPerSlice: SECONDS, ratio, reference: bare, gateway },
    markdown: [
      `The gateway verifies the token, takes a token from two rate limits, and forwards; the reference is Fastify with`,
      `\`@fastify/http-proxy\` and nothing else. Same upstream, ${CONNECTIONS} connections, ${ROUNDS} alternating slices of ${SECONDS} s, medians.`,
      '',
      '| | requests/s | p50 ms | p99 ms | CPU µs/request | failures |',
      '|---|---|---|---|---|---|',
      row('@fastify/http-proxy', bare),
      row('gateway', gateway),
      '',
      `Ratio ${ratio} (promised: at least 1.0, p99 no worse).`,
    ].join('\n'),
  });
  if (!passed) process.exitCode = 1;
} finally {
  await fleet.stop();
  await reference.stop();
  await upstream.stop();
}
