import type { BulkResult } from '@peermesh/contracts/search';
import type { Transaction } from '@peermesh/database';
import { isPeerMeshError } from '@peermesh/errors';
import { headOf, lockChangeLog } from '../../adapters/pg/change-log.ts';
import type { WriteOutcome } from '../../adapters/pg/document-records.ts';

/** Carries out items one after the other in one transaction; those that our own rules refuse are answered as rejected. */
export async function runBulk<Item>(
  tx: Transaction<unknown>,
  items: readonly Item[],
  write: (item: Item) => Promise<WriteOutcome>,
): Promise<BulkResult> {
  await lockChangeLog(tx);
  const results: BulkResult['items'] = [];
  for (const [index, item] of items.entries()) {
    try {
      results.push({ index, ...(await write(item)) });
    } catch (error) {
      if (!isPeerMeshError(error) || error.status >= 500) throw error;
      const { detail } = error.occurrence;
      results.push({ index, status: 'rejected', code: error.code, ...(detail === undefined ? {} : { detail }) });
    }
  }
  return { items: results, sequence: await headOf(tx.client) };
}
