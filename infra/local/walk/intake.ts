import { ingestRoutes, type SubmitContent } from '@peermesh/contracts/ingest';
import type { Terminal } from '../terminal.ts';
import type { Api } from './api.ts';

const BATCH_ITEMS = 100;
const BATCH_CHARACTERS = 2_000_000;

/** One accepted item: a version of a document. */
export interface AcceptedItem {
  readonly contentId: string;
  readonly documentId: string;
  readonly version: number;
}

export interface Submission {
  readonly accepted: readonly AcceptedItem[];
  readonly duplicates: number;
  readonly rejected: readonly { readonly index: number; readonly code: string; readonly detail: string }[];
  /** Before the first item was sent. */
  readonly startedAt: string;
}

/** Submits items in batches that stay below the limits of the operation. */
export async function submitItems(api: Api, terminal: Terminal, items: readonly SubmitContent[]): Promise<Submission> {
  const accepted: AcceptedItem[] = [];
  const rejected: { index: number; code: string; detail: string }[] = [];
  const startedAt = new Date().toISOString();
  let duplicates = 0;
  let done = 0;
  const bar = terminal.progress('submit  ');
  for (const batch of batches(items)) {
    const { body } = await api.call(ingestRoutes.submitContentBatch, { body: { items: batch } });
    for (const item of body.items) {
      const { contentId, documentId, version } = item;
      if (item.status === 'rejected') {
        rejected.push({ index: done + item.index, code: item.code ?? '', detail: item.detail ?? '' });
      } else if (item.status === 'duplicate') duplicates += 1;
      else if (contentId !== undefined && documentId !== undefined && version !== undefined) {
        accepted.push({ contentId, documentId, version });
      }
    }
    done += batch.length;
    bar.update(done, items.length, `${done} of ${items.length}`);
  }
  bar.end();
  return { accepted, duplicates, rejected, startedAt };
}

function* batches(items: readonly SubmitContent[]): Generator<SubmitContent[]> {
  let batch: SubmitContent[] = [];
  let characters = 0;
  for (const item of items) {
    const length = typeof item.body === 'string' ? item.body.length : JSON.stringify(item.body).length;
    if (batch.length > 0 && (batch.length === BATCH_ITEMS || characters + length > BATCH_CHARACTERS)) {
      yield batch;
      [batch, characters] = [[], 0];
    }
    batch.push(item);
    characters += length;
  }
  if (batch.length > 0) yield batch;
}
