import { readU16, readU32, readU48, writeU16, writeU32, writeU48 } from './bytes.ts';
import { BATCH_BYTES_MAX, BATCH_HEADER_BYTES, FRAME_HEADER_BYTES, LANES_MAX, type Refusal } from './format.ts';
import { FrameCursor } from './frame-cursor.ts';

/** What the header of a batch says. Kept by the reader and overwritten by each batch. */
export class BatchHeader {
  version = 0;
  /** The sequence space that `batchSeq` and `cumulativeAck` count in, whichever connection carries the batch. */
  lane = 0;
  frames = 0;
  linkEpoch = 0;
  /** 0 for a batch outside the sequence: echoes and bare acknowledgements. */
  batchSeq = 0;
  cumulativeAck = 0;
  /** Bytes of the lane's class granted since the link began, modulo 2^32. */
  creditBytes = 0;
}

/** Writes the header over the first 24 bytes of `target`. */
export function writeBatchHeader(header: BatchHeader, target: Uint8Array): void {
  target[0] = header.version;
  target[1] = header.lane;
  writeU16(target, 2, header.frames);
  writeU32(target, 4, header.linkEpoch);
  writeU48(target, 8, header.batchSeq);
  writeU48(target, 14, header.cumulativeAck);
  writeU32(target, 20, header.creditBytes);
}

/** The two members of a header that are brought up to date when a batch is sent again. */
export function updateBatchHeader(target: Uint8Array, cumulativeAck: number, creditBytes: number): void {
  writeU48(target, 14, cumulativeAck);
  writeU32(target, 20, creditBytes);
}

/**
 * Reads batches of one negotiated version. `read` checks the whole batch, every frame included, before anything of it is
 * used, so a batch is taken or refused as one; afterwards `frames` stands before its first frame.
 */
export class BatchReader {
  readonly header = new BatchHeader();
  readonly frames = new FrameCursor();
  readonly #version: number;
  readonly #linkEpoch: number;

  constructor(version: number, linkEpoch: number) {
    this.#version = version;
    this.#linkEpoch = linkEpoch;
  }

  /** Null when the batch is well-formed, else why it is not. Never throws, never reads past the end. */
  read(bytes: Uint8Array): Refusal | null {
    const { header, frames } = this;
    if (bytes.length < BATCH_HEADER_BYTES) return 'truncated';
    if (bytes.length > BATCH_BYTES_MAX) return 'oversize';
    header.version = bytes[0]!;
    header.lane = bytes[1]!;
    header.frames = readU16(bytes, 2);
    header.linkEpoch = readU32(bytes, 4);
    header.batchSeq = readU48(bytes, 8);
    header.cumulativeAck = readU48(bytes, 14);
    header.creditBytes = readU32(bytes, 20);
    if (header.version !== this.#version) return 'bad_version';
    if (header.lane >= LANES_MAX) return 'bad_lane';
    if (header.linkEpoch !== this.#linkEpoch) return 'bad_epoch';
    if (header.frames * FRAME_HEADER_BYTES > bytes.length - BATCH_HEADER_BYTES) return 'bad_count';
    frames.reset(bytes, BATCH_HEADER_BYTES, bytes.length);
    let count = 0;
    while (frames.next()) count += 1;
    if (frames.refusal !== null) return frames.refusal;
    if (count !== header.frames) return 'bad_count';
    if (header.batchSeq !== 0 && count === 0) return 'bad_sequence';
    frames.reset(bytes, BATCH_HEADER_BYTES, bytes.length);
    return null;
  }
}
