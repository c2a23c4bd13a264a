import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from './api.ts';

const RECONNECT_MS = 500;

/** Hears from the gateway's event stream which versions of documents became searchable. */
export interface IndexedDocuments {
  /** `<documentId> <version>` of everything announced since the start. */
  readonly versions: ReadonlySet<string>;
  /** Times that the stream had to be opened again. */
  reconnects(): number;
  stop(): Promise<void>;
}

interface StreamEvent {
  readonly id: string | null;
  readonly data: string;
}

interface Announcement {
  readonly event?: { readonly data?: { readonly documentId?: string; readonly version?: number } };
  readonly data?: { readonly documentId?: string; readonly version?: number };
}

/** Opens the stream and resolves when it is open. After a loss it continues from the last event. */
export async function followIndexedDocuments(api: Api): Promise<IndexedDocuments> {
  const stopping = new AbortController();
  const versions = new Set<string>();
  let lastId: string | null = null;
  let reconnects = 0;
  const open = (): Promise<Response> => openStream(api, lastId, stopping.signal);
  const consume = async (response: Response): Promise<void> => {
    for await (const { id, data } of streamEvents(response)) {
      if (id !== null) lastId = id;
      const announcement = JSON.parse(data) as Announcement;
      const { documentId, version } = announcement.event?.data ?? announcement.data ?? {};
      if (documentId !== undefined && version !== undefined) versions.add(`${documentId} ${version}`);
    }
  };
  const follow = async (first: Response): Promise<void> => {
    let response: Response | null = first;
    while (!stopping.signal.aborted) {
      await (response === null ? Promise.resolve() : consume(response)).catch(() => undefined);
      if (stopping.signal.aborted) return;
      reconnects += 1;
      await delay(RECONNECT_MS);
      response = await open().catch(() => null);
    }
  };
  const following = follow(await open());
  return {
    versions,
    reconnects: () => reconnects,
    stop: async () => {
      stopping.abort();
      await following;
    },
  };
}

async function openStream(api: Api, lastId: string | null, signal: AbortSignal): Promise<Response> {
  const response = await fetch(new URL('/api/v1/realtime?topics=documents', api.baseUrl), {
    signal,
    headers: {
      authorization: `Bearer ${await api.token()}`,
      accept: 'text/event-stream',
      ...(lastId === null ? {} : { 'last-event-id': lastId }),
    },
  });
  if (response.ok) return response;
  throw new Error(`the event stream answered ${response.status}: ${(await response.text()).slice(0, 200)}`);
}

/** The events of a `text/event-stream`, those with data only. */
async function* streamEvents(response: Response): AsyncGenerator<StreamEvent> {
  if (response.body === null) return;
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = block.split('\n').map((line) => /^(\w+): ?(.*)$/.exec(line));
      const valueOf = (name: string): string[] =>
        fields.flatMap((field) => (field?.[1] === name ? [field[2] ?? ''] : []));
      const data = valueOf('data').join('\n');
      if (data.startsWith('{')) yield { id: valueOf('id').at(-1) ?? null, data };
    }
  }
}
