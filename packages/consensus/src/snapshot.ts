import type { Configuration } from './configuration.ts';

/** What a snapshot stands for. */
export interface SnapshotMeta {
  readonly index: number;
  readonly term: number;
  readonly configuration: Configuration;
}

/** A whole snapshot; `data` is the state machine's own. */
export interface Snapshot extends SnapshotMeta {
  readonly data: Uint8Array;
}

/** A snapshot that can be read piece by piece, as long as somebody gets it. */
export interface SnapshotSource extends SnapshotMeta {
  readonly totalBytes: number;
  read(offset: number, length: number): Uint8Array;
}

/** A snapshot that is in memory. */
export function memorySnapshot({ index, term, configuration, data }: Snapshot): SnapshotSource {
  return {
    index,
    term,
    configuration,
    totalBytes: data.length,
    read: (offset, length) => data.subarray(offset, offset + length),
  };
}
