import type { RegisterOperation } from './generated-history.ts';

/** Tries every order that respects real time, all keys at once: the definition of linearizability, without any short cut. */
export function isLinearizable(history: readonly RegisterOperation[]): boolean {
  const search = (remaining: readonly RegisterOperation[], registers: ReadonlyMap<string, string>): boolean => {
    if (remaining.every(({ output }) => output === undefined)) return true;
    const firstReturnMs = Math.min(...remaining.map(({ returnedMs }) => returnedMs));
    return remaining.some((operation) => {
      if (operation.calledMs > firstReturnMs) return false;
      const { input, output } = operation;
      const found = registers.get(input.key) ?? '';
      if (input.kind !== 'write' && output !== undefined && output.value !== found) return false;
      const writes = input.kind === 'write' || (input.kind === 'cas' && input.expected === found);
      const next = writes ? new Map(registers).set(input.key, input.value) : registers;
      return search(
        remaining.filter((other) => other !== operation),
        next,
      );
    });
  };
  return search(history, new Map());
}
