/** How a process of this benchmark is set up: one JSON text as its only argument. */
export interface NodeSetup {
  readonly privateKeyPem: string;
  readonly certificatePem: string | null;
  readonly trustedPem: readonly string[];
  /** The members; the node finds itself by its key, and dials the addresses of the others. */
  readonly members: readonly { readonly shortId: number; readonly nodeId: string; readonly address: string }[];
}

/** With what a process of the reference does TLS, in PEM. */
export interface BareTls {
  readonly key: string;
  readonly cert: string;
  readonly ca: readonly string[];
}

/** What the parent asks of a process. */
export type Command =
  /** Send to this member until told otherwise: as fast as is accepted, or so many a second. */
  | { readonly kind: 'send'; readonly to: number; readonly bytes: number; readonly perSecond: number | null }
  | { readonly kind: 'stop' }
  /** Start to measure; `report` ends it. */
  | { readonly kind: 'measure' }
  | { readonly kind: 'report' };

/** What one process saw between `measure` and `report`. */
export interface Report {
  readonly seconds: number;
  /** Processor time of the whole process. */
  readonly cpuSeconds: number;
  /** Messages that arrived for this process. */
  readonly messages: number;
  readonly bytes: number;
  /** From the send call to the delivery, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What a process tells: that it is ready, that it is connected to all others, or a report. */
export type Telling = { readonly kind: 'ready' } | { readonly kind: 'report'; readonly report: Report };
