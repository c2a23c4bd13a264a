import { NodeFlag } from '@peermesh/routing';
import type { OverlayCounters } from '../counters.ts';
import type { OverlayEvent } from '../events.ts';
import type { LinkTable } from '../links/link-table.ts';
import type { MemberDirectory, OverlayMember } from '../members.ts';
import type { OverlayInheritance, OverlayOptions } from '../options.ts';
import { MemberCore } from './member-core.ts';

interface SelfParts {
  readonly links: LinkTable;
  readonly members: MemberDirectory;
  readonly counters: OverlayCounters;
}

/** Whether this node is a member, under which number and in which life, and what it has only then. */
export class SelfMembership {
  /** Null while this node is not a member. */
  core: MemberCore | null = null;
  readonly #options: OverlayOptions;
  readonly #parts: SelfParts;
  #bootEpoch: number;
  #hasBeenMember: boolean;
  #isDraining = false;

  constructor(options: OverlayOptions, parts: SelfParts) {
    this.#options = options;
    this.#parts = parts;
    this.#bootEpoch = Math.max(options.bootEpoch, options.inheritance?.bootEpoch ?? 0);
    this.#hasBeenMember = options.inheritance?.hasBeenMember ?? false;
  }

  get inheritance(): Pick<OverlayInheritance, 'bootEpoch' | 'hasBeenMember'> {
    return { bootEpoch: this.#bootEpoch, hasBeenMember: this.#hasBeenMember };
  }

  /** Whether the committed list says something else about this node than it is. */
  get isAnother(): boolean {
    return (this.#listed?.shortId ?? 0) !== (this.core?.shortId ?? 0);
  }

  setDraining(isDraining: boolean, nowMs: number): void {
    this.#isDraining = isDraining;
    this.refreshFlags(nowMs);
  }

  refreshFlags(nowMs: number): void {
    this.core?.setFlags(this.#flags, nowMs);
  }

  /** The mesh remembers a later life. */
  overtaken(bootEpoch: number): void {
    this.#bootEpoch = bootEpoch;
  }

  /** Becomes what the committed list says; the former core has been emptied. */
  begin(nowMs: number): OverlayEvent[] {
    const events: OverlayEvent[] = [];
    const self = this.#listed;
    // Flows and advertisements of an earlier membership must not be taken for those of this one.
    if (this.#hasBeenMember && self !== undefined) events.push({ kind: 'overtaken', bootEpoch: ++this.#bootEpoch });
    this.#hasBeenMember ||= self !== undefined;
    const { meshId, signer, random, config } = this.#options;
    const options = { ...this.#parts, meshId, signer, random, config, bootEpoch: this.#bootEpoch, flags: this.#flags };
    this.core = self === undefined ? null : new MemberCore({ ...options, self }, nowMs);
    events.push({ kind: 'self', shortId: self?.shortId ?? 0 });
    return events;
  }

  get #listed(): OverlayMember | undefined {
    return this.#parts.members.byNodeId(this.#options.nodeId);
  }

  get #flags(): number {
    const committed = this.#listed?.flags ?? 0;
    const drain = this.#isDraining ? NodeFlag.DRAIN : committed & NodeFlag.DRAIN;
    return this.#options.flags | drain;
  }
}
