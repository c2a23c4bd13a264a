import { setTimeout as delay } from 'node:timers/promises';
import { ingestRoutes } from '@peermesh/contracts/ingest';
import { LauncherError } from '../launcher-error.ts';
import type { Terminal } from '../terminal.ts';
import type { Api } from './api.ts';

const POLL_INTERVAL_MS = 500;
const TIMEOUT_MS = 120_000;

/** Makes a feed source, or takes the one that is there, and waits until what it fetched first is extracted. */
export async function followFeed(api: Api, terminal: Terminal, url: string): Promise<void> {
  const sourceId = await ensureSource(api, url);
  const bar = terminal.progress('feed    ');
  const deadline = performance.now() + TIMEOUT_MS;
  for (;;) {
    const { body: source } = await api.call(ingestRoutes.getSource, { params: { sourceId } });
    const [{ body: all }, { body: extracted }] = await Promise.all([
      api.call(ingestRoutes.listContent, { query: { sourceId, limit: 1 } }),
      api.call(ingestRoutes.listContent, { query: { sourceId, status: 'extracted', limit: 1 } }),
    ]);
    bar.update(extracted.total, Math.max(all.total, 1), `${extracted.total} of ${all.total} items extracted`);
    if (source.lastSuccessAt !== null && extracted.total >= all.total) break;
    if (source.lastSuccessAt === null && source.consecutiveFailures > 0) {
      throw new LauncherError(`the feed ${url} cannot be read (${source.lastOutcome})`, 'check the address');
    }
    if (performance.now() > deadline)
      throw new LauncherError(`the feed ${url} was not taken in`, 'see `npm run logs -- ingest`');
    await delay(POLL_INTERVAL_MS);
  }
  bar.end();
}

async function ensureSource(api: Api, url: string): Promise<string> {
  const { body } = await api.call(ingestRoutes.listSources, { query: { kind: 'feed', limit: 100 } });
  const existing = body.items.find((source) => source.url === url);
  if (existing !== undefined) {
    await api.call(ingestRoutes.fetchSource, { params: { sourceId: existing.id } });
    return existing.id;
  }
  const { body: created } = await api.call(ingestRoutes.createSource, {
    body: { name: new URL(url).host, kind: 'feed', url, topics: ['feed'] },
  });
  return created.source.id;
}
