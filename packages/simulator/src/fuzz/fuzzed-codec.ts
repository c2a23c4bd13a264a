import type { SeededRandom } from '../random.ts';

/** Bytes that a codec took, as it writes them again, or the reason for which it did not take them. */
export type Reading = { readonly again: Uint8Array } | { readonly refused: string };

/** A codec under fuzzing. */
export interface FuzzedCodec {
  readonly name: string;
  /** A well-formed input, as an honest peer sends it. */
  sample(random: SeededRandom): Uint8Array;
  /** Decodes and encodes again. What it throws is a finding. */
  read(bytes: Uint8Array): Reading;
  /** False when unequal bytes may mean the same, so that a damaged input that is taken may be written otherwise. */
  readonly isCanonical: boolean;
}

/** What a run saw. */
export interface FuzzTotals {
  inputs: number;
  accepted: number;
  refused: number;
  /** By reason. */
  readonly reasons: Record<string, number>;
}
