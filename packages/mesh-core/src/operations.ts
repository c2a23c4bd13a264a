import type { RequestOutcome } from '@peermesh/replication';
import type { OperationOutcome } from './mesh-ready.ts';

/** An operation that is over. */
export interface OperationEnd {
  readonly operationId: string;
  readonly outcome: OperationOutcome;
}

/** Names operations and keeps what became of them until it is taken. */
export class Operations {
  #ended: OperationEnd[] = [];
  #count = 0;

  /** A name that no request of the control plane has. */
  begin(): string {
    this.#count += 1;
    return `op-${this.#count}`;
  }

  /** Whether there is something to take. */
  get hasEnded(): boolean {
    return this.#ended.length > 0;
  }

  refuse(kind: 'not-a-member' | 'already-a-member'): string {
    const operationId = this.begin();
    this.end(operationId, { kind });
    return operationId;
  }

  end(operationId: string, outcome: OperationOutcome): void {
    this.#ended.push({ operationId, outcome });
  }

  take(): readonly OperationEnd[] {
    const ended = this.#ended;
    this.#ended = [];
    return ended;
  }
}

/** What the control plane says of a request, as the outcome of an operation. */
export function outcomeOf(outcome: RequestOutcome): OperationOutcome {
  if (outcome.kind !== 'result') return outcome;
  const { result, index } = outcome;
  if (result.isDone) return { kind: 'done', value: result.value, index };
  return { kind: 'refused', reason: result.reason, value: result.value };
}
