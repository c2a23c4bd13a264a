import { createServer } from 'node:http';
import { commonErrors, PROBLEM_CONTENT_TYPE } from '@peermesh/errors';
import type { Readiness } from './health.ts';

/** Where a service will listen. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const READINESS: Readiness = {
  status: 'unready',
  draining: false,
  checks: [{ name: 'start', ok: false, critical: true, reason: 'the service waits for what it needs to start' }],
};

/**
 * Listens in place of a service that has not started: alive, unready, and 503 for everything else. So a service whose broker
 * is away can be seen and is not taken for dead. Rejects when the address is taken.
 * @returns closes the server; its address is free then
 */
export async function listenWhileStarting({ host, port }: ListenAddress): Promise<() => Promise<void>> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0];
    const answer = (status: number, type: string, body: object): void => {
      const headers = { 'content-type': type, 'cache-control': 'no-store', 'retry-after': '1', connection: 'close' };
      response.writeHead(status, headers).end(JSON.stringify(body));
    };
    if (path === '/health/live') answer(200, 'application/json', { status: 'live' });
    else if (path === '/health/ready') answer(503, 'application/json', READINESS);
    else {
      const problem = commonErrors.unavailable({ detail: 'The service is starting.', retryAfterSeconds: 1 });
      answer(problem.status, PROBLEM_CONTENT_TYPE, problem.toProblem());
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}
