import type { RealtimeServerMessage } from '@peermesh/contracts/gateway';
import { waitFor } from '@peermesh/testkit';
import { WebSocket } from 'ws';

/** An event as realtime clients get it, over either transport. */
export interface RealtimeEvent {
  readonly topic: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A realtime connection that keeps the events it gets. */
export interface RealtimeConnection {
  readonly events: readonly RealtimeEvent[];
  close(): void;
}

/** Opens a WebSocket that listens to these topics; resolves after the welcome. */
export async function openWebSocket(gatewayUrl: string, token: string, topics: string): Promise<RealtimeConnection> {
  const url = `${gatewayUrl.replace('http', 'ws')}/api/v1/realtime?topics=${topics}`;
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
  const events: RealtimeEvent[] = [];
  let isWelcome = false;
  let failure: Error | null = null;
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('message', (frame) => {
    const message = JSON.parse(String(frame)) as RealtimeServerMessage;
    if (message.type === 'welcome') isWelcome = true;
    if (message.type === 'event') {
      const { type, data } = message.event;
      events.push({ topic: message.topic, type, data: data as RealtimeEvent['data'] });
    }
  });
  await waitFor(() => {
    if (failure !== null) throw failure;
    return isWelcome;
  });
  return { events, close: () => socket.terminate() };
}

/** Opens an event stream that listens to these topics. */
export async function openEventStream(gatewayUrl: string, token: string, topics: string): Promise<RealtimeConnection> {
  const controller = new AbortController();
  const response = await fetch(`${gatewayUrl}/api/v1/realtime?topics=${topics}`, {
    signal: controller.signal,
    headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
  });
  if (!response.ok || response.body === null) throw new Error(`${response.status}: ${await response.text()}`);
  const events: RealtimeEvent[] = [];
  void collect(response.body, events).catch((error: unknown) => {
    if (!controller.signal.aborted) throw error;
  });
  return { events, close: () => controller.abort() };
}

async function collect(body: ReadableStream<Uint8Array>, events: RealtimeEvent[]): Promise<void> {
  let rest = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const topic = /^event: ?(.+)$/m.exec(block)?.[1];
      const data = /^data: ?(\{.*\})$/m.exec(block)?.[1];
      if (topic === undefined || data === undefined) continue;
      const event = JSON.parse(data) as Partial<RealtimeEvent>;
      if (event.type !== undefined && event.data !== undefined) {
        events.push({ topic, type: event.type, data: event.data });
      }
    }
  }
}
