/** One operation of one client: called, and answered unless the client never learnt what became of it. */
export interface Operation<Input, Output> {
  readonly client: number;
  readonly input: Input;
  /** Virtual milliseconds. */
  readonly calledMs: number;
  /** `Infinity` when the outcome is unknown. */
  readonly returnedMs: number;
  /** `undefined` when the outcome is unknown: it may have taken effect at any time after the call, or never. */
  readonly output: Output | undefined;
}

/**
 * The object that a history is checked against. States are compared by `key`, so equal states need equal keys.
 * `step` answers the next state, or null when the operation cannot have had that output in that state.
 */
export interface SequentialModel<State, Input, Output> {
  readonly initial: State;
  step(state: State, input: Input, output: Output | undefined): State | null;
  key(state: State): string;
  /** The part of the object that an operation touches; parts are independent, so each is checked by itself. */
  partition(input: Input): string;
  /** Unknown operations that nobody can have seen may be left out; they only cost time. */
  withoutUnseen?(operations: readonly Operation<Input, Output>[]): readonly Operation<Input, Output>[];
}
