/** What the kit asks of a backend; the search service's port has this shape. */
export interface KitBackend {
  readonly kind: 'keyword' | 'vector' | 'graph' | 'time';
  capabilities(): { readonly holds: readonly string[]; readonly facets: boolean; readonly durable: boolean };
  // biome-ignore lint/suspicious/noExplicitAny: operations are the service's own type
  apply(
    batch: any,
    upTo: number,
  ): Promise<{ readonly applied: number; readonly ignored: number; readonly watermark: number }>;
  // biome-ignore lint/suspicious/noExplicitAny: queries are the service's own type
  query(query: any, context: any): Promise<KitResult>;
  get(tenantId: string, ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  stats(): Promise<{ readonly count: number; readonly bucketHashes: readonly bigint[]; readonly watermark: number }>;
  refresh(): Promise<void>;
  watermark(): number;
  close(): Promise<void>;
}

/** What a query gives, as far as the kit looks. */
export interface KitResult {
  readonly hits: readonly { readonly id: string; readonly raw: number }[];
  readonly exhaustive: boolean;
  readonly watermark: number;
  readonly total: number;
}

/** How the kit gets at the implementation under test. */
export interface SearchBackendSubject {
  /** Name in the test titles. */
  readonly name: string;
  /** An empty backend. */
  create(): Promise<KitBackend>;
  /** The same store opened anew, as after a restart; absent where nothing survives. */
  reopen?(backend: KitBackend): Promise<KitBackend>;
  /** A vector of the backend's space. */
  embed(text: string): { readonly space: string; readonly vector: Float32Array };
  /** Records of the large batch; 10,000 when absent. */
  readonly largeBatch?: number;
}
