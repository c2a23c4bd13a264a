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

/** What a node starts with: numbers that only rise, and whom it knew. */
export interface NodeState {
  /** Counts the starts of the node on this volume; durable before it is used, so that no start has that of another. */
  readonly bootEpoch: number;
  /** The highest incarnation that the node has claimed in membership; 0 when none. */
  readonly incarnation: number;
  readonly peers: readonly KnownPeer[];
}

const BOOT_EPOCH = Buffer.from('boot-epoch');
const INCARNATION = Buffer.from('incarnation');
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
    const bootEpoch = this.#number(BOOT_EPOCH) + 1;
    await this.#putNumber(BOOT_EPOCH, bootEpoch);
    return { bootEpoch, incarnation: this.#number(INCARNATION), peers: this.peers() };
  }

  /** Keeps an incarnation; durable when it resolves. A lower one than is kept changes nothing. */
  async setIncarnation(incarnation: number): Promise<void> {
    if (incarnation > this.#number(INCARNATION)) await this.#putNumber(INCARNATION, incarnation);
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

  #number(key: Buffer): number {
    const record = this.#table.get(key);
    if (record === undefined) return 0;
    const name = () => ({ name: `the record ${key.toString()}` });
    const value = JSON.parse(checked(record, 1, name).toString('utf8', RECORD_HEADER_BYTES)) as unknown;
    const [found, number] = Array.isArray(value) ? value : [];
    if (found !== key.toString() || !Number.isSafeInteger(number)) throw corrupt(name(), 'another is there');
    return number as number;
  }

  #putNumber(key: Buffer, value: number): Promise<void> {
    return this.#volume.commit((writes) => writes.put(this.#table, key, encode([key.toString(), value])));
  }
}

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
