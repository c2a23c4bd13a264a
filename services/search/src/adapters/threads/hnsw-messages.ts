/** What the thread that holds the graphs is told. Graphs and calls have numbers that are used once. */
export type HnswRequest =
  | { readonly kind: 'open'; readonly graph: number; readonly dims: number }
  | { readonly kind: 'chunk'; readonly graph: number; readonly rows: Float32Array }
  | { readonly kind: 'grow'; readonly graph: number; readonly size: number }
  | { readonly kind: 'remove'; readonly graph: number; readonly ordinal: number }
  | {
      readonly kind: 'search';
      readonly graph: number;
      readonly call: number;
      readonly vector: Float32Array;
      readonly count: number;
      readonly size: number;
    }
  | { readonly kind: 'close'; readonly graph: number }
  | { readonly kind: 'end' };

/** What it says. */
export type HnswReply =
  | { readonly kind: 'linked'; readonly graph: number; readonly linked: number }
  | {
      readonly kind: 'found';
      readonly call: number;
      readonly ordinals: Uint32Array;
      readonly similarities: Float32Array;
    }
  | { readonly kind: 'failed'; readonly call: number; readonly message: string };
