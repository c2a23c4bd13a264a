import type { BulkResult } from '@peermesh/contracts/search';
import type { Transaction } from '@peermesh/database';
import { isPeerMeshError, type PeerMeshError } from '@peermesh/errors';
import { headOf } from '../../adapters/pg/change-log.ts';
import type { ItemOutcome } from '../../adapters/pg/write-outcome.ts';

/** The answer to a bulk request. Throws what is no refusal of our own: then nothing was stored. */
export async function bulkResult(tx: Transaction<unknown>, outcomes: readonly ItemOutcome[]): Promise<BulkResult> {
  const items = outcomes.map((outcome, index): BulkResult['items'][number] => {
    if (!('refused' in outcome)) return { index, ...outcome };
    const { refused } = refusal(outcome.refused);
    const { detail } = refused.occurrence;
    return { index, status: 'rejected', code: refused.code, ...(detail === undefined ? {} : { detail }) };
  });
  return { items, sequence: await headOf(tx.client) };
}

/** An error that one item is answered with; anything else is thrown. */
function refusal(error: unknown): { readonly refused: PeerMeshError } {
  if (!isPeerMeshError(error) || error.status >= 500) throw error;
  return { refused: error };
}
