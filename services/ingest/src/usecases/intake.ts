import type { BatchItemResult, SubmissionReceipt, SubmitContent } from '@peermesh/contracts/ingest';
import type { Database, Transaction } from '@peermesh/database';
import { ingestErrors, isPeerMeshError, type PeerMeshError } from '@peermesh/errors';
import type { StoredItem } from '../adapters/pg/item-store.ts';
import type { IngestSchema } from '../adapters/pg/schema.ts';
import { readSources, type StoredSource } from '../adapters/pg/source-store.ts';
import { attempt, type PreparedItem, prepareSubmission } from '../domain/intake.ts';
import type { QuotaLedger } from './quota-ledger.ts';
import { publishRefusals, type StoreDependencies, type Submitter, storeItems } from './store-items.ts';

/** What intake needs. */
export interface IntakeDependencies extends StoreDependencies {
  readonly db: Database<IngestSchema>;
  readonly quotas: QuotaLedger;
}

/** Called last inside the transaction with what will be answered. */
type Finish<Answer, Result> = (tx: Transaction<IngestSchema>, answer: Answer) => Promise<Result>;

/** Takes in submissions of callers. */
export interface Intake {
  submitOne<Result>(
    submitter: Submitter,
    input: SubmitContent,
    finish: Finish<SubmissionReceipt, Result>,
  ): Promise<Result>;
  submitMany<Result>(
    submitter: Submitter,
    inputs: readonly SubmitContent[],
    finish: Finish<BatchItemResult[], Result>,
  ): Promise<Result>;
}

/** Makes the intake. */
export function createIntake(dependencies: IntakeDependencies): Intake {
  const { db, quotas, clock } = dependencies;
  return {
    submitOne: async (submitter, input, finish) => {
      const sources = await sourcesOf(db, submitter.tenantId, [input]);
      const item = prepare(input, clock(), sources);
      if (isPeerMeshError(item)) throw item;
      await quotas.assertRoom(submitter.tenantId, 1, item.sizeBytes);
      const result = await db.tenant(submitter.tenantId, async (tx) => {
        const [stored] = await storeItems(tx, dependencies, submitter, [item]);
        return finish(tx, receiptOf(stored as StoredItem));
      });
      quotas.count(submitter.tenantId, 1, item.sizeBytes);
      return result;
    },
    submitMany: async (submitter, inputs, finish) => {
      const sources = await sourcesOf(db, submitter.tenantId, inputs);
      const now = clock();
      const prepared = inputs.map((input) => prepare(input, now, sources));
      const items = prepared.filter((item): item is PreparedItem => !isPeerMeshError(item));
      const sizeBytes = items.reduce((sum, item) => sum + item.sizeBytes, 0);
      await quotas.assertRoom(submitter.tenantId, items.length, sizeBytes);
      const result = await db.tenant(submitter.tenantId, async (tx) => {
        const stored = await storeItems(tx, dependencies, submitter, items);
        await publishRefusals(tx, dependencies, submitter, refusalsOf(inputs, prepared));
        return finish(tx, resultsOf(prepared, stored));
      });
      quotas.count(submitter.tenantId, items.length, sizeBytes);
      return result;
    },
  };
}

async function sourcesOf(
  db: Database<IngestSchema>,
  tenantId: string,
  inputs: readonly SubmitContent[],
): Promise<ReadonlyMap<string, StoredSource>> {
  const ids = [...new Set(inputs.map(({ sourceId }) => sourceId).filter((id) => id !== undefined))];
  if (ids.length === 0) return new Map();
  return db.tenant(tenantId, (tx) => readSources(tx, ids), { readOnly: true });
}

function prepare(
  input: SubmitContent,
  now: Date,
  sources: ReadonlyMap<string, StoredSource>,
): PreparedItem | PeerMeshError {
  if (input.sourceId === undefined) return attempt(() => prepareSubmission(input, now));
  const source = sources.get(input.sourceId);
  if (source === undefined || source.kind !== 'push') {
    return ingestErrors.sourceUnavailable({ detail: 'There is no source of kind "push" with this id.' });
  }
  if (source.state !== 'active') return ingestErrors.sourceUnavailable({ detail: `The source is ${source.state}.` });
  return attempt(() => prepareSubmission(input, now, source));
}

function receiptOf({ contentId, documentId, version, item, isDuplicate }: StoredItem): SubmissionReceipt {
  const status = isDuplicate ? 'duplicate' : item.extraction === null ? 'extraction_requested' : 'extracted';
  return { contentId, documentId, version, itemKey: item.itemKey, status };
}

function resultsOf(
  prepared: readonly (PreparedItem | PeerMeshError)[],
  stored: readonly StoredItem[],
): BatchItemResult[] {
  let next = 0;
  return prepared.map((item, index) => {
    if (isPeerMeshError(item)) {
      return { index, status: 'rejected', code: item.code, detail: item.occurrence.detail ?? item.title };
    }
    const receipt = receiptOf(stored[next] as StoredItem);
    next += 1;
    return { index, ...receipt };
  });
}

function refusalsOf(inputs: readonly SubmitContent[], prepared: readonly (PreparedItem | PeerMeshError)[]) {
  return prepared.flatMap((error, index) => {
    if (!isPeerMeshError(error)) return [];
    const input = inputs[index];
    return [{ sourceId: input?.sourceId ?? null, itemKey: input?.itemKey ?? input?.url ?? null, error }];
  });
}
