import { ingestErrors, isPeerMeshError, type PeerMeshError } from '@peermesh/errors';
import type { FetchResponse } from '../adapters/http/http-fetcher.ts';
import type { StoredSource } from '../adapters/pg/source-store.ts';
import { attempt, type IncomingItem, type PreparedItem, prepareItem } from '../domain/intake.ts';
import { freshForMs, retryAfterMs } from '../domain/sources/cache-hints.ts';
import { decodeBody } from '../domain/sources/decode-body.ts';
import { readFeed } from '../domain/sources/feed-items.ts';
import type { FetchOutcome } from '../domain/sources/fetch-outcome.ts';
import type { RefusedItem } from './store-items.ts';

/** What a fetch brought. */
export interface Fetched {
  readonly outcome: FetchOutcome;
  readonly response: FetchResponse | null;
  readonly items: readonly PreparedItem[];
  readonly refused: readonly RefusedItem[];
  readonly error: PeerMeshError | null;
  readonly rawBody: string | null;
}

const RAW_BODY_CHARACTERS = 65_536;

/** A fetch that brought no items. */
export const emptyResult = (outcome: FetchOutcome): Fetched => ({
  outcome,
  response: null,
  items: [],
  refused: [],
  error: null,
  rawBody: null,
});

/** Reads an answer: its items when there are any, and what it means for the source. */
export async function interpret(source: StoredSource, response: FetchResponse, now: Date): Promise<Fetched> {
  const { status, headers, movedTo } = response;
  const waitMs = retryAfterMs(headers['retry-after'], now);
  const fail = (outcome: FetchOutcome): Fetched => ({
    ...emptyResult(outcome),
    response,
    error: ingestErrors.fetchFailed({ detail: `The server answered ${status}.`, meta: { reason: 'status' } }),
  });
  if (status === 304)
    return { ...emptyResult({ kind: 'not_modified', freshForMs: freshForMs(headers, now), movedTo }), response };
  if (status === 410) return fail({ kind: 'gone' });
  if (status === 403 || status === 429) return fail({ kind: 'refused', status, retryAfterMs: waitMs });
  if (status < 200 || status >= 300)
    return fail({ kind: 'failed', code: 'PM_INGEST_FETCH_FAILED', retryAfterMs: waitMs });
  const text = decodeBody(response.body, headers['content-type']);
  try {
    const { items, ttlMs } = await read(source, text, response.url);
    const prepared = items.map((item) => ({
      item,
      result: attempt(() => prepareItem({ ...item, sourceId: source.source_id }, now, source)),
    }));
    return {
      outcome: {
        kind: 'fetched',
        etag: headers['etag'] ?? null,
        lastModified: headers['last-modified'] ?? null,
        freshForMs: Math.max(freshForMs(headers, now), ttlMs ?? 0, waitMs ?? 0),
        movedTo,
      },
      response,
      items: prepared.flatMap(({ result }) => (isPeerMeshError(result) ? [] : [result])),
      refused: prepared.flatMap(({ item, result }) =>
        isPeerMeshError(result) ? [{ sourceId: source.source_id, itemKey: item.itemKey ?? null, error: result }] : [],
      ),
      error: null,
      rawBody: null,
    };
  } catch (error) {
    const cause = isPeerMeshError(error)
      ? error
      : ingestErrors.contentUnreadable({ detail: 'The body does not parse.', cause: error });
    return {
      ...emptyResult({ kind: 'failed', code: cause.code, retryAfterMs: null }),
      response,
      error: cause,
      rawBody: text.slice(0, RAW_BODY_CHARACTERS).replaceAll('\u0000', '').toWellFormed(),
    };
  }
}

/** The DOM for pages is large and loaded when the first page comes. */
async function read(
  source: StoredSource,
  text: string,
  url: string,
): Promise<{ items: readonly IncomingItem[]; ttlMs: number | null }> {
  if (source.kind === 'feed') return readFeed(text, url, source.items_per_fetch_max);
  const { pageToText } = await import('../domain/text/page.ts');
  const converted = pageToText(text, url);
  return {
    items: [{ converted, mediaType: 'text/html', itemKey: source.url as string, url: source.url as string }],
    ttlMs: null,
  };
}
