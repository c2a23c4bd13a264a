import { SubmitContent } from '@peermesh/contracts/ingest';
import type { Transaction } from '@peermesh/database';
import { commonErrors, ingestErrors, isPeerMeshError, type PeerMeshError } from '@peermesh/errors';
import type { SecretBox } from '@peermesh/service-kit';
import { Compile } from 'typebox/compile';
import type { IngestSchema } from '../adapters/pg/schema.ts';
import { findSource, type StoredSource } from '../adapters/pg/source-store.ts';
import { attempt, type PreparedItem, prepareItem, prepareSubmission } from '../domain/intake.ts';
import { decodeBody } from '../domain/sources/decode-body.ts';
import { readFeed } from '../domain/sources/feed-items.ts';
import { type HookHeaders, isAuthenticHook } from '../domain/sources/hook-signature.ts';
import type { IntakeDependencies } from './intake.ts';
import { scheduleFetch } from './schedule-fetch.ts';
import { publishRefusals, storeItems } from './store-items.ts';

/** What receiving hooks needs. */
export interface HookDependencies extends IntakeDependencies {
  readonly secrets: SecretBox;
}

/** A delivery of the other side. */
export interface HookDelivery {
  readonly sourceId: string;
  readonly body: Buffer;
  readonly headers: HookHeaders;
  readonly requestId: string;
}

/** What came of it. */
export interface HookReceipt {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly fetchScheduled: boolean;
}

const ITEMS_MAX = 500;
const submission = Compile(SubmitContent);

/**
 * Checks the secret before it looks at anything else; an unknown source is answered like a wrong signature. Deliveries
 * to a webhook source become items; a ping to a polled source moves its next fetch to now.
 */
export async function receiveHook(dependencies: HookDependencies, delivery: HookDelivery): Promise<HookReceipt> {
  const { db, secrets, clock } = dependencies;
  const source = await db.system((tx) => findSource(tx, delivery.sourceId), { readOnly: true });
  const known = source === undefined ? [] : secretsOf(source, secrets, clock());
  if (source === undefined || !isAuthenticHook(delivery.body.toString('utf8'), delivery.headers, known))
    throw ingestErrors.signatureInvalid();
  if (source.state !== 'active') throw ingestErrors.sourceUnavailable({ detail: `The source is ${source.state}.` });
  if (source.kind === 'webhook') return takeIn(dependencies, source, delivery);
  await db.tenant(source.tenant_id, (tx) => scheduleFetch(tx, source, clock()));
  return { accepted: 0, duplicates: 0, rejected: 0, fetchScheduled: true };
}

async function takeIn(
  dependencies: HookDependencies,
  source: StoredSource,
  delivery: HookDelivery,
): Promise<HookReceipt> {
  const { db, quotas, clock } = dependencies;
  const prepared = prepareDelivery(source, delivery, clock());
  const items = prepared.filter((item): item is PreparedItem => !isPeerMeshError(item));
  const refused = prepared
    .filter(isPeerMeshError)
    .map((error) => ({ sourceId: source.source_id, itemKey: null, error }));
  const sizeBytes = items.reduce((sum, item) => sum + item.sizeBytes, 0);
  await quotas.assertRoom(source.tenant_id, items.length, sizeBytes);
  const submitter = {
    tenantId: source.tenant_id,
    subject: `source:${source.source_id}`,
    correlationId: delivery.requestId,
  };
  const duplicates = await db.tenant(source.tenant_id, async (tx) => {
    const stored = await storeItems(tx, dependencies, submitter, items);
    await publishRefusals(tx, dependencies, submitter, refused);
    await noteDelivery(tx, source, clock());
    return stored.filter(({ isDuplicate }) => isDuplicate).length;
  });
  quotas.count(source.tenant_id, items.length, sizeBytes);
  return { accepted: items.length - duplicates, duplicates, rejected: refused.length, fetchScheduled: false };
}

function prepareDelivery(
  source: StoredSource,
  { body, headers }: HookDelivery,
  now: Date,
): (PreparedItem | PeerMeshError)[] {
  const contentType = String(headers['content-type'] ?? 'application/json');
  const text = decodeBody(body, contentType);
  const sourceId = source.source_id;
  const submit = (input: SubmitContent): PreparedItem | PeerMeshError =>
    attempt(() => prepareSubmission({ ...input, sourceId }, now, source));
  if (/xml|feed\+json/.test(contentType)) {
    const { items } = readFeed(text, 'https://feed.invalid/', ITEMS_MAX);
    return items.map((item) => attempt(() => prepareItem({ ...item, sourceId }, now, source)));
  }
  if (contentType.startsWith('text/html')) return [submit({ format: 'html', body: text })];
  if (contentType.startsWith('text/markdown')) return [submit({ format: 'markdown', body: text })];
  if (contentType.startsWith('text/')) return [submit({ format: 'text', body: text })];
  return jsonItems(text).map((value) => (submission.Check(value) ? submit(value) : submit(asJsonItem(value))));
}

function jsonItems(text: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw commonErrors.malformedBody({ cause });
  }
  const items = typeof value === 'object' && value !== null && 'items' in value ? value.items : value;
  const list = Array.isArray(items) ? items : [items];
  if (list.length > ITEMS_MAX)
    throw ingestErrors.contentTooLarge({ detail: `More than ${ITEMS_MAX} items in one delivery.` });
  return list;
}

/** Any other JSON is an item of format `json`; `id`, `guid` or `url` identify it. */
function asJsonItem(value: unknown): SubmitContent {
  const fields =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
  const key = [fields['id'], fields['guid'], fields['url']].find(
    (field) => typeof field === 'string' || typeof field === 'number',
  );
  const body = Array.isArray(value) ? value : Object.keys(fields).length > 0 ? fields : JSON.stringify(value ?? '');
  return { format: 'json', body, ...(key === undefined ? {} : { itemKey: String(key).slice(0, 2048) }) };
}

function secretsOf(source: StoredSource, box: SecretBox, now: Date): string[] {
  const open = (sealed: string | null): string[] => (sealed === null ? [] : [box.open(sealed, source.source_id)]);
  const isPreviousGood = source.previous_secret_until !== null && source.previous_secret_until > now;
  return [...open(source.secret), ...(isPreviousGood ? open(source.previous_secret) : [])];
}

async function noteDelivery(tx: Transaction<IngestSchema>, source: StoredSource, now: Date): Promise<void> {
  await tx.query
    .updateTable('ingest_sources')
    .set({ last_fetch_at: now, last_success_at: now, last_outcome: 'delivered' })
    .where('source_id', '=', source.source_id)
    .where('tenant_id', '=', source.tenant_id)
    .execute();
}
