import { newId } from '@peermesh/contracts';
import type { ContentDocument } from '@peermesh/contracts/events';
import { ContentRejected, ContentSubmitted, Extracted, ExtractionRequested } from '@peermesh/contracts/events';
import type { Transaction } from '@peermesh/database';
import type { PeerMeshError } from '@peermesh/errors';
import type { Bus } from '@peermesh/messaging';
import { insertContents, type NewContent } from '../adapters/pg/content-store.ts';
import { resolveItems, type StoredItem } from '../adapters/pg/item-store.ts';
import { insertJobs } from '../adapters/pg/job-store.ts';
import type { IngestSchema } from '../adapters/pg/schema.ts';
import { wakeFollowers } from '../adapters/pg/source-store.ts';
import type { PreparedItem } from '../domain/intake.ts';
import type { Clock } from '../ports.ts';

/** What storing needs. */
export interface StoreDependencies {
  readonly bus: Bus;
  readonly clock: Clock;
  /** How long a job may take before it is put on the queue again. */
  readonly jobDeadlineMs: number;
}

/** Whose items, and under which name they are remembered. */
export interface Submitter {
  readonly tenantId: string;
  readonly subject: string;
  readonly correlationId?: string;
}

/** An item that was refused. */
export interface RefusedItem {
  readonly sourceId: string | null;
  readonly itemKey: string | null;
  readonly error: PeerMeshError;
}

/**
 * Stores items and writes everything that follows from them into the same transaction: versions, submissions, jobs, and
 * the events `content.submitted` with `ai.extraction_requested`, or with `ai.extracted` when extraction was handed in.
 * Duplicates cause nothing.
 */
export async function storeItems(
  tx: Transaction<IngestSchema>,
  dependencies: StoreDependencies,
  submitter: Submitter,
  items: readonly PreparedItem[],
): Promise<StoredItem[]> {
  if (items.length === 0) return [];
  const stored = await resolveItems(tx, submitter.tenantId, items);
  const fresh = stored.filter(({ isDuplicate }) => !isDuplicate).map(toNewContent);
  if (fresh.length > 0) await recordAndPublish(tx, dependencies, submitter, fresh);
  return stored;
}

/** Publishes `content.rejected` for items that were refused. */
export async function publishRefusals(
  tx: Transaction<IngestSchema>,
  { bus }: StoreDependencies,
  submitter: Submitter,
  refused: readonly RefusedItem[],
): Promise<void> {
  if (refused.length === 0) return;
  await bus.publishMany(
    tx,
    ContentRejected,
    refused.map(({ sourceId, itemKey, error }) => ({
      ...routing(submitter, sourceId ?? submitter.tenantId),
      data: {
        sourceId,
        itemKey: itemKey?.slice(0, 2048) ?? null,
        code: error.code,
        detail: (error.occurrence.detail ?? error.title).slice(0, 1000),
      },
    })),
  );
}

async function recordAndPublish(
  tx: Transaction<IngestSchema>,
  { bus, clock, jobDeadlineMs }: StoreDependencies,
  submitter: Submitter,
  contents: readonly NewContent[],
): Promise<void> {
  const now = clock();
  const deadlineAt = new Date(now.getTime() + jobDeadlineMs);
  const jobs = contents.filter((content): content is NewContent & { jobId: string } => content.jobId !== null);
  await insertContents(tx, submitter.tenantId, submitter.subject, now, contents);
  if (jobs.length > 0) {
    await insertJobs(
      tx,
      submitter.tenantId,
      jobs.map(({ jobId, stored }) => ({ jobId, contentId: stored.contentId, documentId: stored.documentId })),
      now,
      deadlineAt,
    );
  }
  await bus.publishMany(
    tx,
    ContentSubmitted,
    contents.map(({ document }) => ({ ...routing(submitter, document.documentId), data: { document } })),
  );
  if (jobs.length > 0) {
    await bus.publishMany(
      tx,
      ExtractionRequested,
      jobs.map(({ jobId, document }) => ({
        ...routing(submitter, document.documentId),
        data: { jobId, deadlineAt: deadlineAt.toISOString(), document },
      })),
    );
  }
  const extracted = contents.flatMap(({ stored, document }) =>
    stored.item.extraction === null ? [] : [{ document, extraction: stored.item.extraction }],
  );
  if (extracted.length > 0) {
    await bus.publishMany(
      tx,
      Extracted,
      extracted.map(({ document, extraction }) => ({
        ...routing(submitter, document.documentId),
        data: { jobId: null, document, extraction },
      })),
    );
  }
  const sourceIds = [...new Set(contents.map(({ document }) => document.sourceId).filter((id) => id !== null))];
  if (sourceIds.length > 0) await wakeFollowers(tx, submitter.tenantId, sourceIds, now);
}

function toNewContent(stored: StoredItem): NewContent {
  const { item, contentId, documentId, version } = stored;
  const document: ContentDocument = { contentId, documentId, version, ...item.document };
  const isExtracted = item.extraction !== null;
  return {
    stored,
    document,
    status: isExtracted ? 'extracted' : 'extraction_requested',
    jobId: isExtracted ? null : newId('job'),
  };
}

const routing = (submitter: Submitter, partitionKey: string) => ({
  tenantId: submitter.tenantId,
  partitionKey,
  ...(submitter.correlationId === undefined ? {} : { correlationId: submitter.correlationId }),
});
