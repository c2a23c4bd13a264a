import type { RequestOutcome } from '@peermesh/replication';
import type { OperationOutcome } from './mesh-ready.ts';

/** An operation that is over. */
export interface OperationEnd {
  readonly operationId: string;
  readonly outcome: OperationOutcome;
}

/** What the control plane says of a request, as the outcome of an operation. */
export function outcomeOf(outcome: RequestOutcome): OperationOutcome {
  if (outcome.kind !== 'result') return outcome;
  const { result, index } = outcome;
  if (result.isDone) return { kind: 'done', value: result.value, index };
  return { kind: 'refused', reason: result.reason, value: result.value };
}
