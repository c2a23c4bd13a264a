import type { Operation, SequentialModel } from './history.ts';

/** What a client asks of one key. Values are non-empty and unique per history; a key that was never written is ''. */
export type RegisterInput =
  | { readonly kind: 'read'; readonly key: string }
  | { readonly kind: 'write'; readonly key: string; readonly value: string }
  | { readonly kind: 'cas'; readonly key: string; readonly expected: string; readonly value: string };

/** The value read; for `cas` the value that was found, whether or not it was the one expected. */
export interface RegisterOutput {
  readonly value: string;
}

/** Registers by key, with compare-and-set. */
export const registerModel: SequentialModel<string, RegisterInput, RegisterOutput> = {
  initial: '',
  step(state, input, output) {
    if (input.kind === 'write') return input.value;
    if (output !== undefined && output.value !== state) return null;
    if (input.kind === 'read') return state;
    return state === input.expected ? input.value : state;
  },
  key: (state) => state,
  partition: (input) => input.key,
  withoutUnseen,
};

/** Drops reads without an answer, and writes without an answer whose value no answered operation found. */
function withoutUnseen(
  operations: readonly Operation<RegisterInput, RegisterOutput>[],
): readonly Operation<RegisterInput, RegisterOutput>[] {
  const seen = new Set<string>();
  for (const { input, output } of operations) {
    if (output !== undefined && input.kind !== 'write') seen.add(output.value);
    if (input.kind === 'cas') seen.add(input.expected);
  }
  return operations.filter(
    ({ input, output }) => output !== undefined || (input.kind !== 'read' && seen.has(input.value)),
  );
}
