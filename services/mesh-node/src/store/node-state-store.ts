import { checked, corrupt, RECORD_HEADER_BYTES, seal } from './record.ts';
import type { Volume } from './volume.ts';
import type { Table } from './writes.ts';

/** A node that this one was connected to, to be dialled again after a restart. */
export interface KnownPeer {
  readonly nodeId: string;
  readonly address: string;
  /** Unix time. */
  readonly lastSeenMs: number;
}

/** Who was revoked in a mesh, as its control group decided. */
export interface KeptRevocations {
  /** Of the mesh. */
  readonly incarnation: string;
  readonly nodeIds: readonly string[];
  readonly serialNumbers: readonly string[];
}

/** What a node starts with: how often it has started, whom it knew and whom it must refuse. */
export interface NodeState {
  /** Counts the starts of the node on this volume; durable before it is used, so that no start has that of another. */
  readonly bootEpoch: number;
  readonly peers: readonly KnownPeer[];
  /** Null when there never were any. */
  readonly revocations: KeptRevocations | null;
}

const BOOT_EPOCH = Buffer.from('boot-epoch');
const REVOCATIONS = Buffer.from('revocations');
const PEER = 'peer/';

/** The node's own state in a volume. */
export class NodeStateStore {
  readonly #volume: Volume;
  readonly #table: Table;

  constructor(volume: Volume) {
    this.#volume = volume;
    this.#table = volume.table('node');
  }

  /**
   * Raises the boot epoch, durably, and reads the rest. Once per start.
   * @throws StorageError `corrupt` when a record is damaged: a number that might fall is not made up
   */
  async start(): Promise<NodeState> {
    const before = this.#value(BOOT_EPOCH) ?? 0;
    if (!Number.isSafeInteger(before)) throw corrupt(nameOf(BOOT_EPOCH)(), 'another is there');
    const bootEpoch = (before as number) + 1;
    await this.#put(BOOT_EPOCH, bootEpoch);
    return { bootEpoch, peers: this.peers(), revocations: this.#value(REVOCATIONS) as KeptRevocations | null };
  }

  /** Keeps these in place of the ones before; durable when it resolves. */
  setRevocations(revocations: KeptRevocations): Promise<void> {
    return this.#put(REVOCATIONS, revocations);
  }

  /** Known peers, the one seen last first. */
  peers(): KnownPeer[] {
    const peers: KnownPeer[] = [];
    for (const { key, value } of this.#table.getRange({ start: Buffer.from(PEER), end: Buffer.from(`${PEER}\xff`) }))
      peers.push(decodePeer(value, Buffer.from(key).toString('latin1')));
    return peers.sort((one, other) => other.lastSeenMs - one.lastSeenMs);
  }

  /** Keeps peers, and forgets others. Durable when it resolves. */
  async setPeers(peers: readonly KnownPeer[]): Promise<void> {
    const keep = new Set(peers.map(({ nodeId }) => nodeId));
    const gone = this.peers().filter(({ nodeId }) => !keep.has(nodeId));
    await this.#volume.commit((writes) => {
      for (const { nodeId } of gone) writes.remove(this.#table, Buffer.from(PEER + nodeId));
      for (const peer of peers) writes.put(this.#table, Buffer.from(PEER + peer.nodeId), encode(peer));
    });
  }

  #value(key: Buffer): unknown {
    const record = this.#table.get(key);
    if (record === undefined) return null;
    const value = JSON.parse(checked(record, 1, nameOf(key)).toString('utf8', RECORD_HEADER_BYTES)) as unknown;
    const [found, kept] = Array.isArray(value) ? (value as unknown[]) : [];
    if (found !== key.toString()) throw corrupt(nameOf(key)(), 'another is there');
    return kept;
  }

  #put(key: Buffer, value: unknown): Promise<void> {
    return this.#volume.commit((writes) => writes.put(this.#table, key, encode([key.toString(), value])));
  }
}

const nameOf = (key: Buffer) => () => ({ name: `the record ${key.toString()}` });

function encode(value: unknown): Buffer {
  const record = Buffer.from(`${'\0'.repeat(RECORD_HEADER_BYTES)}${JSON.stringify(value)}`);
  seal(record);
  return record;
}

function decodePeer(record: Buffer, key: string): KnownPeer {
  const name = () => ({ name: `the record ${key}` });
  const text = checked(record, 1, name).toString('utf8', RECORD_HEADER_BYTES);
  const { nodeId, address, lastSeenMs } = JSON.parse(text) as KnownPeer;
  if (key !== PEER + nodeId) throw corrupt(name(), 'another is there');
  return { nodeId, address, lastSeenMs };
}
