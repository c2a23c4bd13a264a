import type { Entry } from '../entry.ts';

/**
 * What the commands of a group act on (HashiCorp Raft's BatchingFSM). Equal commands in equal order make equal states and equal
 * results: no clock, no random source, nothing from outside.
 */
export interface StateMachine<Result = unknown> {
  /**
   * Applies commands, each once and in the order of the log; entries that are no commands have been left out.
   * @returns one result per command. A throw ends the replica: the others would not agree with what it has now.
   */
  apply(commands: readonly Entry[]): readonly Result[];
  /** The state as of now, in pieces that may be pulled later while commands are being applied. */
  snapshot(): Iterable<Uint8Array>;
  /** Takes a state in place of its own. @throws for bytes that {@link snapshot} does not make; it is fatal */
  restore(data: Uint8Array): void;
}
