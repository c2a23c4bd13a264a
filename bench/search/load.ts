import { issueTestToken } from '@peermesh/testkit';
import { Agent, request } from 'undici';
import type { Running } from '../gateway/processes.ts';
import { questions } from './corpus.ts';

/** What a load run saw. */
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
): Promise<LoadResult> {
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
  times.sort((a, b) => a - b);
  const at = (share: number): number => round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  return {
    requests: times.length,
    requestsPerSecond: Math.round(times.length / seconds),
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    maxMs: at(1),
    failures,
    degraded,
    empty,
    cpuMsPerRequest: Math.round(((service.cpuMs() - startedCpuMs) / times.length) * 100) / 100,
  };
}

/** One decimal. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
