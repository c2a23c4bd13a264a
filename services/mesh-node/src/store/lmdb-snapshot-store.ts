import {
  decodeConfiguration,
  encodeConfiguration,
  type GroupId,
  type SnapshotMeta,
  type SnapshotSource,
  type SnapshotStore,
  StorageError,
} from '@peermesh/consensus';
import { checked, corrupt, KEY_BYTES, keyOf, RECORD_HEADER_BYTES, readNumber, seal, writeNumber } from './record.ts';
import { type Chunked, readChunks } from './snapshot-chunks.ts';
import type { Volume } from './volume.ts';
import type { Table } from './writes.ts';

/** Bytes of a chunk. */
const CHUNK_BYTES = 64 * 1024;
/** Chunks of one durable write: others do not wait longer for theirs. */
const CHUNKS_AT_ONCE = 32;
/** `u32 group, u32 run, u64 index, u64 term, u64 totalBytes` before the configuration. */
const META_BYTES = 32;

interface Stored extends SnapshotMeta, Chunked {}

/** The newest snapshot of each group in a volume, in chunks of 64 KiB. */
export class LmdbSnapshotStore implements SnapshotStore {
  readonly #volume: Volume;
  readonly #metas: Table;
  readonly #chunks: Table;
  readonly #newest = new Map<GroupId, Stored>();
  readonly #former = new Map<GroupId, Stored>();
  #nextRun = 1;
  #isClosed = false;

  /** @throws StorageError `corrupt` for a snapshot whose description is damaged */
  constructor(volume: Volume) {
    this.#volume = volume;
    this.#metas = volume.table('snapshots');
    this.#chunks = volume.table('snapshot-chunks');
    for (const { key, value } of this.#metas.getRange()) {
      const group = Buffer.from(key).readUInt32BE(0);
      const stored = decodeMeta(value, group);
      this.#newest.set(group, stored);
      this.#nextRun = Math.max(this.#nextRun, stored.run + 1);
    }
  }

  async save(group: GroupId, meta: SnapshotMeta, pieces: Iterable<Uint8Array>): Promise<SnapshotSource> {
    this.#checkOpen();
    const run = this.#nextRun;
    this.#nextRun += 1;
    const totalBytes = await this.#writeChunks(run, pieces);
    const { index, term, configuration } = meta;
    const stored: Stored = { index, term, configuration, group, run, totalBytes, chunkBytes: CHUNK_BYTES };
    const older = this.#former.get(group);
    await this.#volume.commit((writes) => {
      writes.put(this.#metas, metaKey(group), encodeMeta(stored));
      if (older !== undefined) this.#removeRun(older, (key) => writes.remove(this.#chunks, key));
    });
    const former = this.#newest.get(group);
    if (former !== undefined) this.#former.set(group, former);
    this.#newest.set(group, stored);
    return this.#sourceOf(stored);
  }

  newest(group: GroupId): SnapshotSource | null {
    this.#checkOpen();
    const stored = this.#newest.get(group);
    return stored === undefined ? null : this.#sourceOf(stored);
  }

  async remove(group: GroupId): Promise<void> {
    this.#checkOpen();
    const runs = [this.#newest.get(group), this.#former.get(group)];
    this.#newest.delete(group);
    this.#former.delete(group);
    await this.#volume.commit((writes) => {
      writes.remove(this.#metas, metaKey(group));
      for (const run of runs) if (run !== undefined) this.#removeRun(run, (key) => writes.remove(this.#chunks, key));
    });
  }

  /** Removes what no snapshot refers to: of saves that a crash cut off, and of former snapshots. For the start only. */
  async sweep(): Promise<void> {
    this.#checkOpen();
    const used = new Set([...this.#newest.values()].map(({ run }) => run));
    const orphans: Buffer[] = [];
    for (const key of this.#chunks.getKeys()) {
      const run = Buffer.from(key).readUInt32BE(0);
      this.#nextRun = Math.max(this.#nextRun, run + 1);
      if (!used.has(run)) orphans.push(Buffer.from(key));
    }
    if (orphans.length > 0)
      await this.#volume.commit((writes) => orphans.forEach((key) => writes.remove(this.#chunks, key)));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#volume.failure === null) await this.#volume.durable().catch(() => undefined);
  }

  async #writeChunks(run: number, pieces: Iterable<Uint8Array>): Promise<number> {
    let totalBytes = 0;
    let waiting: Uint8Array[] = [];
    const flush = async (): Promise<void> => {
      const chunks = waiting;
      const from = totalBytes / CHUNK_BYTES;
      for (const chunk of chunks) totalBytes += chunk.length;
      waiting = [];
      await this.#volume.commit((writes) =>
        chunks.forEach((chunk, at) => {
          const record = writes.allocate(RECORD_HEADER_BYTES + KEY_BYTES + chunk.length);
          const key = keyOf(run, from + at, writes.allocate(KEY_BYTES));
          record.set(key, RECORD_HEADER_BYTES);
          record.set(chunk, RECORD_HEADER_BYTES + KEY_BYTES);
          seal(record);
          writes.put(this.#chunks, key, record);
        }),
      );
    };
    for (const chunk of inChunks(pieces)) {
      waiting.push(chunk);
      if (waiting.length === CHUNKS_AT_ONCE) await flush();
      if (this.#isClosed) throw closed();
    }
    if (waiting.length > 0) await flush();
    return totalBytes;
  }

  #removeRun({ run, totalBytes, chunkBytes }: Stored, remove: (key: Buffer) => void): void {
    for (let chunk = 0; chunk * chunkBytes < totalBytes; chunk += 1) remove(keyOf(run, chunk));
  }

  #sourceOf(stored: Stored): SnapshotSource {
    const { index, term, configuration, totalBytes } = stored;
    const read = (offset: number, length: number): Uint8Array => {
      this.#checkOpen();
      return readChunks(this.#chunks, stored, offset, length);
    };
    return { index, term, configuration, totalBytes, read };
  }

  #checkOpen(): void {
    if (this.#isClosed) throw closed();
  }
}

function closed(): StorageError {
  return new StorageError('closed', 'the snapshot store is closed');
}

/** The same bytes in chunks of {@link CHUNK_BYTES}, each a copy. */
function* inChunks(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  let chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let filled = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + CHUNK_BYTES - filled);
      chunk.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < CHUNK_BYTES) continue;
      yield chunk;
      chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}

function metaKey(group: GroupId): Buffer {
  const key = Buffer.alloc(4);
  key.writeUInt32BE(group);
  return key;
}

function encodeMeta({ group, run, index, term, totalBytes, configuration }: Stored): Buffer {
  const encoded = encodeConfiguration(configuration);
  const record = Buffer.alloc(RECORD_HEADER_BYTES + META_BYTES + encoded.length);
  record.writeUInt32BE(group, 5);
  record.writeUInt32BE(run, 9);
  writeNumber(record, index, 13);
  writeNumber(record, term, 21);
  writeNumber(record, totalBytes, 29);
  record.set(encoded, 37);
  seal(record);
  return record;
}

function decodeMeta(record: Buffer, group: GroupId): Stored {
  const name = () => ({ group, name: `the snapshot of group ${group}` });
  checked(record, META_BYTES, name);
  if (record.readUInt32BE(5) !== group) throw corrupt(name(), 'that of another is there');
  return {
    group,
    run: record.readUInt32BE(9),
    index: readNumber(record, 13),
    term: readNumber(record, 21),
    totalBytes: readNumber(record, 29),
    chunkBytes: CHUNK_BYTES,
    configuration: decodeConfiguration(record.subarray(37)),
  };
}
