import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { newEventId, newId } from '@peermesh/contracts';
import { DocumentIndexed } from '@peermesh/contracts/events';
import { connectNats } from '@peermesh/messaging';
import { issueTestToken, silentLogger } from '@peermesh/testkit';
import { startGatewayFleet } from '../gateway/fleet.ts';
import { startProcess } from '../gateway/processes.ts';
import { writeResult } from '../write-result.ts';

const SUBSCRIBERS = 1000;
const IDLE = 10_000;
const EVENTS = 200;
const EVENTS_PER_SECOND = 20;
const USERS = 100;
const P99_MAX_MS = 250;
const RSS_MAX_MIB = 600;

interface Clients {
  readonly opened: { opened: number; ms: number };
  ask(): Promise<{ received: number; closed: number; p50Ms: number; p99Ms: number; maxMs: number }>;
  stop(): Promise<void>;
}

/** Clients in a process of their own, so that they do not slow the gateway's measurements more than they must. */
async function startClients(port: number, topics: string, count: number, tokens: readonly string[]): Promise<Clients> {
  const script = new URL('client-process.ts', import.meta.url).pathname;
  const url = `ws://127.0.0.1:${port}/api/v1/realtime`;
  const child: ChildProcess = spawn(
    process.execPath,
    ['--no-warnings', script, url, topics, String(count), ...tokens],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async <T>(): Promise<T> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('the clients ended');
    return JSON.parse(value) as T;
  };
  return {
    opened: await next(),
    ask: () => {
      child.stdin!.write('?\n');
      return next();
    },
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

const rssMib = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);

const upstream = await startProcess(new URL('../gateway/upstream-process.ts', import.meta.url).pathname);
const fleet = await startGatewayFleet(upstream.url, {
  REALTIME_CONNECTIONS_PER_USER_MAX: '100000',
  REALTIME_CONNECTIONS_PER_ADDRESS_MAX: '100000',
});
try {
  const tokens = await Promise.all(Array.from({ length: USERS }, () => issueTestToken({ expiresInSeconds: 3600 })));
  const emptyMib = rssMib(fleet.gateway.pid);

  const subscribers = await startClients(fleet.port, 'documents', SUBSCRIBERS, tokens);
  const nats = await connectNats({ url: fleet.natsUrl, name: 'bench', logger: silentLogger() });
  const client = jetstream(nats);
  const startedCpu = fleet.gateway.cpuMs();
  const startedAt = performance.now();
  for (let index = 0; index < EVENTS; index++) {
    const waitMs = startedAt + (index * 1000) / EVENTS_PER_SECOND - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    await publish();
  }
  let fanOut = await subscribers.ask();
  const deadline = performance.now() + 10_000;
  while (fanOut.received < EVENTS * SUBSCRIBERS && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    fanOut = await subscribers.ask();
  }
  const cpuShare = (fleet.gateway.cpuMs() - startedCpu) / (performance.now() - startedAt);
  await subscribers.stop();

  const idle = await startClients(fleet.port, 'notifications', IDLE, tokens);
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const idleMib = rssMib(fleet.gateway.pid);
  const { closed } = await idle.ask();
  await idle.stop();
  await nats.close();

  const expected = EVENTS * SUBSCRIBERS;
  const passed = fanOut.received === expected && fanOut.p99Ms < P99_MAX_MS && closed === 0 && idleMib < RSS_MAX_MIB;
  writeResult('realtime', {
    passed,
    summary: `every event to ${SUBSCRIBERS} subscribers p99 ${fanOut.p99Ms} ms; ${IDLE} idle connections in ${idleMib} MiB`,
    figures: {
      subscribers: SUBSCRIBERS,
      events: EVENTS,
      eventsPerSecond: EVENTS_PER_SECOND,
      expected,
      fanOut,
      cpuShare,
      idleConnections: IDLE,
      idle: { ...idle.opened, closed, rssMib: idleMib, emptyMib },
    },
    markdown: [
      '| | figure | promised |',
      '|---|---|---|',
      `| deliveries of ${EVENTS} events at ${EVENTS_PER_SECOND}/s to ${SUBSCRIBERS} WebSocket subscribers | ${fanOut.received} of ${expected} | all |`,
      `| publish to receipt, p50 | ${fanOut.p50Ms} ms | |`,
      `| publish to receipt, p99 | ${fanOut.p99Ms} ms | under ${P99_MAX_MS} ms |`,
      `| publish to receipt, longest | ${fanOut.maxMs} ms | |`,
      `| resident memory of the gateway, no connection | ${emptyMib} MiB | |`,
      `| resident memory of the gateway, ${IDLE} idle connections | ${idleMib} MiB | under ${RSS_MAX_MIB} MiB |`,
      `| idle connections lost | ${closed} | 0 |`,
    ].join('\n'),
  });
  if (!passed) process.exitCode = 1;

  async function publish(): Promise<void> {
    const id = newEventId();
    const envelope = headers();
    const attributes = {
      'ce-specversion': '1.0',
      'ce-id': id,
      'ce-source': '/peermesh/bench/1',
      'ce-type': DocumentIndexed.type,
      'ce-time': new Date().toISOString(),
      'ce-tenantid': 'default',
      'content-type': 'application/json',
      'Nats-Msg-Id': id,
    };
    for (const [name, value] of Object.entries(attributes)) envelope.set(name, value);
    const data = {
      documentId: newId('document'),
      version: 1,
      contentId: null,
      sequence: 1,
      deleted: false,
      acl: ['tenant'],
    };
    await client.publish(DocumentIndexed.subject, JSON.stringify(data), { headers: envelope });
  }
} finally {
  await fleet.stop();
  await upstream.stop();
}
