import { issueTestToken } from '@peermesh/testkit';
import { Agent, request } from 'undici';
import type { Running } from '../gateway/processes.ts';
import { questions } from './corpus.ts';

/** One run as it was seen. */
export interface LoadRun {
  /** Milliseconds of each request. */
  readonly times: readonly number[];
  readonly seconds: number;
  readonly failures: number;
  readonly degraded: number;
  readonly empty: number;
  /** Of the service process. */
  readonly cpuMs: number;
}

/** What one or more load runs saw. */
export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly failures: number;
  readonly degraded: number;
  readonly empty: number;
  /** Of the service process. */
  readonly cpuMsPerRequest: number;
}

/** Asks from `clients` clients at once, each as soon as it has its answer, no question twice. */
export async function load(
  service: Running,
  options: { clients: number; seconds: number; mode: string; seed: number },
): Promise<LoadRun> {
  const token = await issueTestToken({ role: 'user', expiresInSeconds: 3600 });
  const agent = new Agent({ connections: options.clients, pipelining: 1 });
  const asked = questions(options.seed);
  const times: number[] = [];
  let failures = 0;
  let degraded = 0;
  let empty = 0;
  const startedCpuMs = service.cpuMs();
  const startedAt = performance.now();
  const until = startedAt + options.seconds * 1000;
  const client = async (): Promise<void> => {
    while (performance.now() < until) {
      const body = JSON.stringify({ query: asked.next().value, mode: options.mode, page: { size: 10 } });
      const before = performance.now();
      const answer = await request(`${service.url}/api/v1/search`, {
        method: 'POST',
        dispatcher: agent,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body,
      });
      const text = await answer.body.text();
      times.push(performance.now() - before);
      if (answer.statusCode !== 200) failures += 1;
      if (answer.headers['x-peermesh-degraded'] !== undefined) degraded += 1;
      if (text.startsWith('{"results":[]')) empty += 1;
    }
  };
  await Promise.all(Array.from({ length: options.clients }, client));
  const seconds = (performance.now() - startedAt) / 1000;
  await agent.close();
  return { times, seconds, failures, degraded, empty, cpuMs: service.cpuMs() - startedCpuMs };
}

/** The requests of all runs together. */
export function summarize(runs: readonly LoadRun[]): LoadResult {
  const times = runs.flatMap((run) => run.times).sort((a, b) => a - b);
  const sum = (valueOf: (run: LoadRun) => number): number => runs.reduce((total, run) => total + valueOf(run), 0);
  const at = (share: number): number => round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  return {
    requests: times.length,
    requestsPerSecond: Math.round(times.length / sum(({ seconds }) => seconds)),
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    maxMs: at(1),
    failures: sum(({ failures }) => failures),
    degraded: sum(({ degraded }) => degraded),
    empty: sum(({ empty }) => empty),
    cpuMsPerRequest: Math.round((sum(({ cpuMs }) => cpuMs) / times.length) * 100) / 100,
  };
}

/** One decimal. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
