import type { Extraction } from '@peermesh/contracts/events';
import type { ExtractionInput } from './domain/extraction/extract.ts';

/** Says what time it is. */
export type Clock = () => Date;

/** Runs the built-in extractor, in this thread or in others. */
export interface Extractor {
  extractAll(inputs: readonly ExtractionInput[]): Promise<Extraction[]>;
  close(): Promise<void>;
}

/** Permission to call a host once; `release` must be called when done. Refusals say how long to wait. */
export type HostPermit =
  | { readonly granted: true; release(): Promise<void> }
  | { readonly granted: false; readonly waitMs: number };

/** Keeps fetches of one host apart, over all replicas where the implementation can. */
export interface HostGate {
  acquire(host: string, minDelayMs: number): Promise<HostPermit>;
  close(): Promise<void>;
}
