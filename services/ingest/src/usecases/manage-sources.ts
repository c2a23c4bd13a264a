import { newId } from '@peermesh/contracts';
import { SourceStateChanged } from '@peermesh/contracts/events';
import type { CreateSource, Source, SourceSchedule, UpdateSource } from '@peermesh/contracts/ingest';
import type { Database, Transaction } from '@peermesh/database';
import { commonErrors, ingestErrors } from '@peermesh/errors';
import type { Bus } from '@peermesh/messaging';
import type { SecretBox } from '@peermesh/service-kit';
import type { IngestSchema } from '../adapters/pg/schema.ts';
import { countSources, readSource, type StoredSource, toSource } from '../adapters/pg/source-store.ts';
import { newHookSecret } from '../domain/sources/hook-signature.ts';
import { assertSchedule, nextPlanned, type PollLimits } from '../domain/sources/schedule.ts';
import type { Clock } from '../ports.ts';
import type { QuotaLedger } from './quota-ledger.ts';

/** What managing sources needs. */
export interface SourceDependencies {
  readonly db: Database<IngestSchema>;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly secrets: SecretBox;
  readonly limits: PollLimits;
  /** Throws when the URL may not be fetched. */
  readonly assertUrl: (url: string) => void;
  readonly quotas: QuotaLedger;
}

type Tx = Transaction<IngestSchema>;

const DEFAULT_SCHEDULE: SourceSchedule = { type: 'interval', seconds: 1800 };
const PREVIOUS_SECRET_MS = 24 * 3600 * 1000;

/** Creates a source inside `tx` and returns it with its secret, which cannot be read again. */
export async function createSource(
  tx: Tx,
  dependencies: SourceDependencies,
  input: CreateSource,
  sourcesMax: number,
): Promise<{ source: Source; secret: string | null }> {
  const { clock, limits, secrets } = dependencies;
  const now = clock();
  const isPolled = input.kind === 'feed' || input.kind === 'page';
  const schedule = input.schedule ?? (isPolled ? DEFAULT_SCHEDULE : { type: 'manual' });
  const sourceId = newId('source');
  checkShape(input.kind, input.url ?? null, schedule, sourceId);
  assertSchedule(schedule, now);
  if (input.url !== undefined) dependencies.assertUrl(input.url);
  const tenantId = tx.tenantId ?? '';
  if ((await countSources(tx)) >= sourcesMax) {
    throw ingestErrors.quotaExceeded({ detail: 'The tenant has as many sources as it may have.' });
  }
  await checkFollowed(tx, schedule);
  const secret = input.kind === 'webhook' || schedule.type === 'event' ? newHookSecret() : null;
  const row = await tx.query
    .insertInto('ingest_sources')
    .values({
      tenant_id: tenantId,
      source_id: sourceId,
      kind: input.kind,
      name: input.name,
      url: input.url ?? null,
      schedule: JSON.stringify(schedule),
      after_source_id: schedule.type === 'event' ? (schedule.afterSourceId ?? null) : null,
      topics: JSON.stringify(input.topics ?? []),
      acl: JSON.stringify(input.acl ?? ['tenant']),
      language: input.language ?? null,
      min_interval_seconds: input.minIntervalSeconds ?? 60,
      items_per_fetch_max: input.itemsPerFetchMax ?? 200,
      respect_robots: input.respectRobots ?? true,
      state: 'active',
      secret: secret === null ? null : secrets.seal(secret, sourceId),
      next_fetch_at: isPolled ? firstFetchAt(schedule, sourceId, now, limits) : null,
      created_at: now,
      updated_at: now,
    } as never)
    .returningAll()
    .executeTakeFirstOrThrow();
  return { source: toSource(row as StoredSource), secret };
}

/** Changes a source inside `tx`. */
export async function updateSource(
  tx: Tx,
  dependencies: SourceDependencies,
  sourceId: string,
  input: UpdateSource,
): Promise<Source> {
  const now = dependencies.clock();
  const current = await readSource(tx, sourceId, true);
  if (current === undefined) throw commonErrors.notFound();
  if (current.version !== input.version)
    throw commonErrors.versionConflict({ meta: { currentVersion: current.version } });
  const schedule = input.schedule ?? current.schedule;
  checkShape(current.kind, input.url ?? current.url, schedule, sourceId);
  assertSchedule(schedule, now);
  if (input.url !== undefined) dependencies.assertUrl(input.url);
  if (input.schedule !== undefined) await checkFollowed(tx, schedule);
  if (schedule.type === 'event' && current.secret === null) {
    throw commonErrors.unprocessable({ detail: 'The source has no secret: ask for one before it waits for pings.' });
  }
  const state = input.state ?? current.state;
  const isPolled = current.kind === 'feed' || current.kind === 'page';
  const isReplanned = input.schedule !== undefined || input.state !== undefined || input.url !== undefined;
  const row = await tx.query
    .updateTable('ingest_sources')
    .set({
      ...(input.name === undefined ? {} : { name: input.name }),
      ...(input.url === undefined || input.url === current.url
        ? {}
        : { url: input.url, etag: null, last_modified: null, moved_to: null, moved_count: 0 }),
      ...(input.schedule === undefined
        ? {}
        : {
            schedule: JSON.stringify(schedule),
            after_source_id: schedule.type === 'event' ? (schedule.afterSourceId ?? null) : null,
          }),
      ...(input.topics === undefined ? {} : { topics: JSON.stringify(input.topics) }),
      ...(input.acl === undefined ? {} : { acl: JSON.stringify(input.acl) }),
      ...(input.language === undefined ? {} : { language: input.language }),
      ...(input.minIntervalSeconds === undefined ? {} : { min_interval_seconds: input.minIntervalSeconds }),
      ...(input.itemsPerFetchMax === undefined ? {} : { items_per_fetch_max: input.itemsPerFetchMax }),
      ...(input.respectRobots === undefined ? {} : { respect_robots: input.respectRobots }),
      ...(input.state === undefined
        ? {}
        : { state, state_reason: state === 'paused' ? 'requested' : null, failures: 0, failing_since: null }),
      ...(isReplanned && isPolled
        ? { next_fetch_at: state === 'active' ? firstFetchAt(schedule, sourceId, now, dependencies.limits) : null }
        : {}),
      version: current.version + 1,
      updated_at: now,
    } as never)
    .where('source_id', '=', sourceId)
    .where('tenant_id', '=', tx.tenantId ?? '')
    .returningAll()
    .executeTakeFirstOrThrow();
  if (state !== current.state) {
    await publishState(tx, dependencies.bus, {
      tenantId: current.tenant_id,
      sourceId,
      name: row.name,
      state,
      reason: 'requested',
      detail: '',
    });
  }
  return toSource(row as StoredSource);
}

/** Gives a source a new secret; the old one stays good for a day. */
export async function rotateSecret(
  tx: Tx,
  { clock, secrets }: SourceDependencies,
  sourceId: string,
): Promise<{ source: Source; secret: string }> {
  const current = await readSource(tx, sourceId, true);
  if (current === undefined) throw commonErrors.notFound();
  if (current.kind === 'push') throw ingestErrors.sourceUnavailable({ detail: 'A push source has no secret.' });
  const secret = newHookSecret();
  const now = clock();
  const row = await tx.query
    .updateTable('ingest_sources')
    .set({
      secret: secrets.seal(secret, sourceId),
      previous_secret: current.secret,
      previous_secret_until: new Date(now.getTime() + PREVIOUS_SECRET_MS),
      version: current.version + 1,
      updated_at: now,
    })
    .where('source_id', '=', sourceId)
    .where('tenant_id', '=', tx.tenantId ?? '')
    .returningAll()
    .executeTakeFirstOrThrow();
  return { source: toSource(row as StoredSource), secret };
}

/** Tells the fleet that a source changed between active, paused and disabled. */
export async function publishState(
  tx: Transaction<IngestSchema>,
  bus: Bus,
  change: { tenantId: string; sourceId: string; name: string; state: Source['state']; reason: string; detail: string },
): Promise<void> {
  const { tenantId, ...data } = change;
  await bus.publish(tx, SourceStateChanged, data, { tenantId, partitionKey: change.sourceId });
}

/** New and changed sources are fetched soon; cron sources at their time. */
function firstFetchAt(schedule: SourceSchedule, sourceId: string, now: Date, limits: PollLimits): Date | null {
  return schedule.type === 'cron'
    ? nextPlanned(schedule, sourceId, now, limits)
    : schedule.type === 'interval'
      ? now
      : null;
}

function checkShape(kind: Source['kind'], url: string | null, schedule: SourceSchedule, sourceId: string): void {
  const isPolled = kind === 'feed' || kind === 'page';
  if (isPolled && url === null) throw commonErrors.unprocessable({ detail: `A ${kind} needs a URL.` });
  if (!isPolled && url !== null)
    throw commonErrors.unprocessable({ detail: `A ${kind} source is not fetched and has no URL.` });
  if (!isPolled && schedule.type !== 'manual')
    throw ingestErrors.scheduleInvalid({ detail: `A ${kind} source is not fetched on a schedule.` });
  if (schedule.type === 'event' && schedule.afterSourceId === sourceId)
    throw ingestErrors.scheduleInvalid({ detail: 'A source cannot wait for itself.' });
}

async function checkFollowed(tx: Tx, schedule: SourceSchedule): Promise<void> {
  if (schedule.type !== 'event' || schedule.afterSourceId === undefined) return;
  const followed = await readSource(tx, schedule.afterSourceId);
  if (followed === undefined) throw ingestErrors.scheduleInvalid({ detail: 'The source to wait for does not exist.' });
}
