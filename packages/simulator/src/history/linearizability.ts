import type { Operation, SequentialModel } from './history.ts';

/** `exceeded`: too hard to decide within the steps allowed, which is neither a pass nor a failure. */
export type LinearizabilityVerdict = 'linearizable' | 'violation' | 'exceeded';

export interface LinearizabilityReport<Input, Output> {
  readonly verdict: LinearizabilityVerdict;
  readonly checked: number;
  readonly steps: number;
  /** The operations of the first part that is not linearizable. */
  readonly witness: readonly Operation<Input, Output>[];
}

/**
 * Whether the history is linearizable: Wing & Gong's search with Lowe's memory of configurations seen ("Testing for
 * linearizability", 2017) and P-compositionality (Horn & Kroening, FORTE 2015): each part of the object by itself.
 */
export function checkLinearizability<State, Input, Output>(
  operations: readonly Operation<Input, Output>[],
  model: SequentialModel<State, Input, Output>,
  stepsMax = 2_000_000,
): LinearizabilityReport<Input, Output> {
  const parts = new Map<string, Operation<Input, Output>[]>();
  for (const operation of operations) {
    const name = model.partition(operation.input);
    const part = parts.get(name);
    if (part === undefined) parts.set(name, [operation]);
    else part.push(operation);
  }
  let steps = 0;
  let isUndecided = false;
  for (const part of parts.values()) {
    const relevant = model.withoutUnseen?.(part) ?? part;
    const search = new Search(relevant, model, stepsMax);
    const verdict = search.run();
    steps += search.steps;
    if (verdict === 'violation') return { verdict, checked: operations.length, steps, witness: part };
    if (verdict === 'exceeded') isUndecided = true;
  }
  return { verdict: isUndecided ? 'exceeded' : 'linearizable', checked: operations.length, steps, witness: [] };
}

/** A call or a return in the doubly linked list of events that the search lifts operations out of. */
interface Entry {
  readonly index: number;
  match: Entry | null;
  previous: Entry | null;
  next: Entry | null;
}

class Search<State, Input, Output> {
  readonly #operations: readonly Operation<Input, Output>[];
  readonly #model: SequentialModel<State, Input, Output>;
  readonly #stepsMax: number;
  readonly #head: Entry = { index: -1, match: null, previous: null, next: null };
  readonly #bits: Uint32Array;
  readonly #seen = new Map<string, Uint32Array[]>();
  steps = 0;

  constructor(
    operations: readonly Operation<Input, Output>[],
    model: SequentialModel<State, Input, Output>,
    stepsMax: number,
  ) {
    this.#operations = operations;
    this.#model = model;
    this.#stepsMax = stepsMax;
    this.#bits = new Uint32Array((operations.length + 31) >>> 5);
    this.#link();
  }

  run(): LinearizabilityVerdict {
    const stack: { entry: Entry; state: State }[] = [];
    let state = this.#model.initial;
    // Operations without an answer need not take effect: done when all the others have.
    let open = this.#operations.reduce((sum, { output }) => sum + (output === undefined ? 0 : 1), 0);
    let entry = this.#head.next;
    while (open > 0) {
      if (++this.steps > this.#stepsMax) return 'exceeded';
      if (entry?.match != null) {
        const operation = this.#operations[entry.index] as Operation<Input, Output>;
        const next = this.#model.step(state, operation.input, operation.output);
        if (next !== null && this.#isNew(entry.index, next)) {
          stack.push({ entry, state });
          state = next;
          lift(entry);
          if (operation.output !== undefined) open--;
          entry = this.#head.next;
        } else {
          entry = entry.next;
        }
        continue;
      }
      const undone = stack.pop();
      if (undone === undefined) return 'violation';
      ({ state } = undone);
      const { index } = undone.entry;
      this.#bits[index >>> 5] = (this.#bits[index >>> 5] as number) & ~(1 << (index & 31));
      if (this.#operations[index]?.output !== undefined) open++;
      unlift(undone.entry);
      entry = undone.entry.next;
    }
    return 'linearizable';
  }

  /** Marks the operation as linearized; false when this configuration was tried before. */
  #isNew(index: number, state: State): boolean {
    const word = index >>> 5;
    const before = this.#bits[word] as number;
    this.#bits[word] = before | (1 << (index & 31));
    let hash = 0;
    for (const bits of this.#bits) hash = (Math.imul(hash, 31) + bits) | 0;
    const key = `${hash}:${this.#model.key(state)}`;
    const known = this.#seen.get(key);
    if (known === undefined) this.#seen.set(key, [this.#bits.slice()]);
    else if (known.some((bits) => bits.every((value, at) => value === this.#bits[at]))) {
      this.#bits[word] = before;
      return false;
    } else known.push(this.#bits.slice());
    return true;
  }

  /** Calls before returns of the same time: operations that touch are concurrent. */
  #link(): void {
    const events: { atMs: number; isReturn: boolean; entry: Entry }[] = [];
    for (const [index, { calledMs, returnedMs }] of this.#operations.entries()) {
      const ret: Entry = { index, match: null, previous: null, next: null };
      const call: Entry = { index, match: ret, previous: null, next: null };
      events.push({ atMs: calledMs, isReturn: false, entry: call }, { atMs: returnedMs, isReturn: true, entry: ret });
    }
    events.sort((left, right) => {
      if (left.atMs !== right.atMs) return left.atMs < right.atMs ? -1 : 1;
      return Number(left.isReturn) - Number(right.isReturn);
    });
    let last = this.#head;
    for (const { entry } of events) {
      last.next = entry;
      entry.previous = last;
      last = entry;
    }
  }
}

function lift(entry: Entry): void {
  for (const part of [entry, entry.match as Entry]) {
    (part.previous as Entry).next = part.next;
    if (part.next !== null) part.next.previous = part.previous;
  }
}

function unlift(entry: Entry): void {
  for (const part of [entry.match as Entry, entry]) {
    (part.previous as Entry).next = part;
    if (part.next !== null) part.next.previous = part;
  }
}
