import type { TestContext } from 'node:test';
import { waitFor } from '@peermesh/testkit';
import { WebSocket } from 'ws';
import type { TestGateway } from './gateway.ts';

/** A message of the gateway. */
export interface ServerMessage {
  readonly type: string;
  readonly id?: string;
  readonly topic?: string;
  readonly event: { readonly id: string };
  readonly [field: string]: unknown;
}

/** A WebSocket client that keeps all it gets. */
export interface RealtimeClient {
  readonly messages: ServerMessage[];
  readonly closed: Promise<number>;
  send(message: object | string): void;
  events(): ServerMessage[];
  eventIds(): Set<string>;
  lastId(): string;
  message(type: string): Promise<ServerMessage>;
  until(count: number, timeoutMs?: number): Promise<void>;
  stopReading(): void;
  startReading(): void;
  /** Breaks the connection without a word. */
  drop(): void;
}

/** Connects and waits for the welcome. */
export async function connectRealtime(
  t: TestContext,
  gateway: TestGateway,
  options: {
    readonly token?: string;
    readonly ticket?: string;
    readonly topics?: string;
    readonly resume?: string | undefined;
    readonly autoPong?: boolean;
  },
): Promise<RealtimeClient> {
  const query = new URLSearchParams();
  if (options.topics !== undefined) query.set('topics', options.topics);
  if (options.resume !== undefined) query.set('resume', options.resume);
  if (options.ticket !== undefined) query.set('ticket', options.ticket);
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/api/v1/realtime?${query}`, {
    headers: options.token === undefined ? {} : { authorization: `Bearer ${options.token}` },
    autoPong: options.autoPong ?? true,
  });
  t.after(() => socket.terminate());
  const messages: ServerMessage[] = [];
  const { promise: closed, resolve } = Promise.withResolvers<number>();
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as ServerMessage));
  socket.on('close', (code) => resolve(code));
  const failure = Promise.withResolvers<never>();
  socket.on('error', (error) => failure.reject(error));
  failure.promise.catch(() => undefined);
  await Promise.race([waitFor(() => messages.length > 0, { message: 'welcome' }), failure.promise]);
  const events = (): ServerMessage[] => messages.filter(({ type }) => type === 'event');
  return {
    messages,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    events,
    eventIds: () => new Set(events().map(({ event }) => event.id)),
    lastId: () => messages.findLast(({ id }) => id !== undefined)?.id ?? '',
    message: (type) => waitFor(() => messages.find((message) => message.type === type), { message: type }),
    until: async (count, timeoutMs = 40_000) => {
      await waitFor(() => events().length >= count, { timeoutMs, message: `${count} events` });
    },
    stopReading: () => socket.pause(),
    startReading: () => socket.resume(),
    drop: () => socket.terminate(),
  };
}

/** The status that an upgrade is answered with; 101 when it succeeds. */
export function upgradeStatus(
  gateway: TestGateway,
  query: string,
  headers: Record<string, string> = {},
): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/api/v1/realtime${query}`, { headers });
  return new Promise((resolve) => {
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', () => resolve(-1));
  });
}

/** An event stream that keeps all it gets. */
export interface EventStreamClient {
  readonly events: { event: string; data: string }[];
  lastId: string;
  until(count: number): Promise<void>;
  close(): void;
}

/** Opens an event stream and parses it. */
export async function openEventStream(
  t: TestContext,
  url: string,
  headers: Record<string, string>,
): Promise<EventStreamClient> {
  const controller = new AbortController();
  t.after(() => controller.abort());
  const answer = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: controller.signal });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  const events: { event: string; data: string }[] = [];
  const client: EventStreamClient = {
    events,
    lastId: '',
    until: async (count) => {
      await waitFor(() => events.length >= count, { message: `${count} events` });
    },
    close: () => controller.abort(),
  };
  void read(answer.body!, client).catch(() => undefined);
  await waitFor(() => client.lastId !== '');
  return client;
}

async function read(body: ReadableStream<Uint8Array>, client: EventStreamClient): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => [line.split(':', 1)[0] ?? '', line.slice(line.indexOf(':') + 1).trim()]),
      );
      client.lastId = fields.get('id') ?? client.lastId;
      const data = fields.get('data');
      if (data !== undefined) client.events.push({ event: fields.get('event') ?? 'message', data });
    }
  }
}
