import type { AliveClaim, MemberRecord, NodeId } from './claim.ts';
import { INCARNATION_MAX } from './codec/limits.ts';
import { hashId } from './digest.ts';
import type { MemberTable } from './member-table.ts';

/** `leaving` still answers; `left` does nothing any more. */
export type SelfStatus = 'active' | 'leaving' | 'left';

/** This node's own record and incarnation, which nobody else may raise. */
export class Self {
  readonly #table: MemberTable;
  readonly #idHash: number;
  #record: MemberRecord;
  #incarnation: number;
  status: SelfStatus = 'active';

  constructor(record: MemberRecord, incarnation: number, table: MemberTable) {
    this.#record = record;
    this.#incarnation = incarnation;
    this.#table = table;
    this.#idHash = hashId(record.id);
    table.digest.add(this.#idHash, incarnation);
  }

  get id(): NodeId {
    return this.#record.id;
  }

  get record(): MemberRecord {
    return this.#record;
  }

  get incarnation(): number {
    return this.#incarnation;
  }

  get idHash(): number {
    return this.#idHash;
  }

  /** Outbids a claim about this node. */
  outbid(incarnation: number): void {
    const next = Math.min(INCARNATION_MAX - 1, Math.max(this.#incarnation, incarnation) + 1);
    this.#table.digest.remove(this.#idHash, this.#incarnation);
    this.#table.digest.add(this.#idHash, next);
    this.#incarnation = next;
  }

  setMetadata(metadata: string): void {
    this.#record = { ...this.#record, metadata, metadataVersion: this.#record.metadataVersion + 1 };
    this.outbid(this.#incarnation);
  }

  claim(): AliveClaim {
    return { kind: 'alive', incarnation: this.#incarnation, record: this.#record };
  }
}
