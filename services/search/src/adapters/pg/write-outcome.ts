/** What became of one item that was carried out. */
export interface WriteOutcome {
  readonly status: 'created' | 'updated' | 'deleted' | 'unchanged';
  readonly id: string;
  readonly version: number;
}

/** What became of one item of a bulk request: its outcome, or the error of our own that refuses it. */
export type ItemOutcome = WriteOutcome | { readonly refused: unknown };
