import type { SourceFetch } from '@peermesh/contracts/ingest';
import type { Transaction } from '@peermesh/database';
import { ingestErrors, isPeerMeshError, type PeerMeshError } from '@peermesh/errors';
import type { Logger } from '@peermesh/telemetry';
import { appendFetch } from '../adapters/pg/fetch-log.ts';
import { pauseHost } from '../adapters/pg/host-store.ts';
import type { IngestSchema } from '../adapters/pg/schema.ts';
import { deferSource, holdsLease, settleSource } from '../adapters/pg/source-queue.ts';
import type { StoredSource } from '../adapters/pg/source-store.ts';
import { afterFetch, type PollPolicy, type PollState } from '../domain/sources/fetch-outcome.ts';
import { type HostAccessDependencies, requestHost } from './host-access.ts';
import { emptyResult, type Fetched, interpret } from './interpret-response.ts';
import { publishState } from './manage-sources.ts';
import type { QuotaLedger } from './quota-ledger.ts';
import { publishRefusals, type StoreDependencies, storeItems } from './store-items.ts';

/** What fetching needs. */
export interface FetchDependencies extends StoreDependencies, HostAccessDependencies {
  readonly quotas: QuotaLedger;
  readonly policy: PollPolicy;
  readonly timeoutMs: number;
  readonly bodyBytesMax: number;
  readonly logger: Logger;
}

/** How one run of {@link fetchSource} ended; also a metric label. */
export type FetchResult =
  | 'fetched'
  | 'not_modified'
  | 'failed'
  | 'refused'
  | 'gone'
  | 'robots_denied'
  | 'deferred'
  | 'lease_lost';

const ACCEPT = {
  feed: 'application/rss+xml, application/atom+xml, application/feed+json, application/json;q=0.9, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1',
  page: 'text/html, application/xhtml+xml, */*;q=0.1',
} as const;

class Postponed extends Error {
  readonly waitMs: number;

  constructor(waitMs: number) {
    super('the host is busy');
    this.waitMs = waitMs;
  }
}

/** Fetches one leased source and stores what it brought, all effects in one transaction that the lease guards. */
export async function fetchSource(
  dependencies: FetchDependencies,
  source: StoredSource,
  stop: AbortSignal,
): Promise<FetchResult> {
  const { clock, db, timeoutMs } = dependencies;
  const startedAt = clock();
  const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]);
  const url = source.url as string;
  const access = await requestHost(dependencies, url, source.respect_robots, signal);
  if (access.kind === 'later') {
    await deferSource(db, source, new Date(startedAt.getTime() + access.waitMs));
    return 'deferred';
  }
  try {
    const fetched =
      access.kind === 'denied' ? emptyResult({ kind: 'robots_denied' }) : await load(dependencies, source, url, signal);
    if (stop.aborted) return 'lease_lost';
    return await settle(dependencies, source, fetched, startedAt);
  } catch (error) {
    if (!(error instanceof Postponed)) throw error;
    await deferSource(db, source, new Date(startedAt.getTime() + error.waitMs));
    return 'deferred';
  } finally {
    if (access.kind === 'granted') await access.release();
  }
}

async function load(
  dependencies: FetchDependencies,
  source: StoredSource,
  url: string,
  signal: AbortSignal,
): Promise<Fetched> {
  const now = dependencies.clock();
  const otherHosts: (() => Promise<void>)[] = [];
  try {
    const response = await dependencies.fetcher.fetch({
      url,
      accept: source.kind === 'page' ? ACCEPT.page : ACCEPT.feed,
      etag: source.etag,
      lastModified: source.last_modified,
      bytesMax: dependencies.bodyBytesMax,
      signal,
      beforeRedirect: async (target) => {
        if (target.host === new URL(url).host) return;
        const access = await requestHost(dependencies, target.href, source.respect_robots, signal);
        if (access.kind === 'later') throw new Postponed(access.waitMs);
        if (access.kind === 'denied')
          throw ingestErrors.fetchFailed({
            detail: 'The redirect leads where robots.txt forbids to go.',
            meta: { reason: 'robots' },
          });
        otherHosts.push(access.release);
      },
    });
    return await interpret(source, response, now);
  } catch (error) {
    if (!isPeerMeshError(error)) throw error;
    return { ...emptyResult({ kind: 'failed', code: error.code, retryAfterMs: null }), error };
  } finally {
    for (const release of otherHosts) await release();
  }
}

async function settle(
  dependencies: FetchDependencies,
  source: StoredSource,
  fetched: Fetched,
  startedAt: Date,
): Promise<FetchResult> {
  const { db, clock, policy, quotas } = dependencies;
  const sizeBytes = fetched.items.reduce((sum, item) => sum + item.sizeBytes, 0);
  const overQuota = await quotas
    .assertRoom(source.tenant_id, fetched.items.length, sizeBytes)
    .then(() => null, quotaError);
  const { outcome, error, items, refused } =
    overQuota === null
      ? fetched
      : {
          outcome: {
            kind: 'failed',
            code: overQuota.code,
            retryAfterMs: (overQuota.occurrence.retryAfterSeconds ?? 3600) * 1000,
          } as const,
          error: overQuota,
          items: [],
          refused: [],
        };
  const now = clock();
  const transition = afterFetch(pollStateOf(source), outcome, now, policy);
  return db.tenant(source.tenant_id, async (tx) => {
    if (!(await holdsLease(tx, source))) return 'lease_lost';
    const submitter = { tenantId: source.tenant_id, subject: `source:${source.source_id}` };
    const stored = await storeItems(tx, dependencies, submitter, items);
    await publishRefusals(tx, dependencies, submitter, refused);
    const isSuccess = outcome.kind === 'fetched' || outcome.kind === 'not_modified';
    await settleSource(tx, source, transition, { outcome: outcome.kind, fetchedAt: startedAt, isSuccess });
    await appendFetch(tx, source.tenant_id, source.source_id, {
      fetchedAt: startedAt,
      durationMs: Math.max(0, now.getTime() - startedAt.getTime()),
      outcome: outcome.kind,
      httpStatus: fetched.response?.status ?? null,
      bytes: fetched.response?.body.length ?? 0,
      itemsNew: stored.filter(({ isDuplicate, version }) => !isDuplicate && version === 1).length,
      itemsChanged: stored.filter(({ isDuplicate, version }) => !isDuplicate && version > 1).length,
      itemsDuplicate: stored.filter(({ isDuplicate }) => isDuplicate).length,
      itemsRejected: refused.length,
      code: error?.code ?? null,
      detail: error === null ? null : (error.occurrence.detail ?? error.title),
      rawBody: fetched.rawBody,
    } satisfies Omit<SourceFetch, 'fetchedAt'> & { fetchedAt: Date });
    await afterEffects(tx, dependencies, source, transition, now, error);
    tx.afterCommit(() => quotas.count(source.tenant_id, items.length, sizeBytes));
    return outcome.kind;
  });
}

async function afterEffects(
  tx: Transaction<IngestSchema>,
  { bus }: FetchDependencies,
  source: StoredSource,
  transition: ReturnType<typeof afterFetch>,
  now: Date,
  error: PeerMeshError | null,
): Promise<void> {
  if (transition.pauseHostMs !== null)
    await pauseHost(tx, new URL(source.url as string).host, new Date(now.getTime() + transition.pauseHostMs));
  if (transition.state === 'active') return;
  await publishState(tx, bus, {
    tenantId: source.tenant_id,
    sourceId: source.source_id,
    name: source.name,
    state: transition.state,
    reason: transition.stateReason ?? '',
    detail: (error?.occurrence.detail ?? '').slice(0, 1000),
  });
}

function pollStateOf(source: StoredSource): PollState {
  return {
    sourceId: source.source_id,
    url: source.url as string,
    schedule: source.schedule,
    etag: source.etag,
    lastModified: source.last_modified,
    failures: source.failures,
    failingSince: source.failing_since,
    movedTo: source.moved_to,
    movedCount: source.moved_count,
  };
}

function quotaError(error: unknown): PeerMeshError {
  if (isPeerMeshError(error) && error.code === ingestErrors.quotaExceeded.code) return error;
  throw error;
}
