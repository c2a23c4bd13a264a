import type { AntiEntropy } from './anti-entropy.ts';
import type { NodeId } from './claim.ts';
import type { ClaimRules } from './claim-rules.ts';
import type { Codec } from './codec/codec.ts';
import type { Message } from './codec/messages.ts';
import type { Dissemination } from './dissemination.ts';
import type { Helper } from './helper.ts';
import type { Joining } from './joining.ts';
import type { Member, MemberTable } from './member-table.ts';
import type { Outbox } from './outbox.ts';
import type { Prober } from './prober.ts';
import type { Self } from './self.ts';

/** What received messages go to. */
export interface ReceiverContext {
  readonly self: Self;
  readonly table: MemberTable;
  readonly codec: Codec;
  readonly dissemination: Dissemination;
  readonly rules: ClaimRules;
  readonly prober: Prober;
  readonly helper: Helper;
  readonly antiEntropy: AntiEntropy;
  readonly joining: Joining;
  readonly outbox: Outbox;
}

/** Checks who sent a message and hands it to the part that it is for. Only members are heard, save for joins. */
export class Receiver {
  readonly #context: ReceiverContext;

  constructor(context: ReceiverContext) {
    this.#context = context;
  }

  take(from: NodeId, message: Uint8Array | Message, nowMs: number): void {
    const { codec, outbox, self, table, joining } = this.#context;
    const decoded = message instanceof Uint8Array ? codec.decode(message) : message;
    if (typeof decoded === 'string') return outbox.refuse(decoded);
    outbox.counters.packetsTaken += 1;
    // What answers somebody who claims this id comes back here at worst, and is nothing to go by.
    if (from === self.id && decoded.type !== 'join') return outbox.refuse('unknown_sender');
    if (decoded.type === 'join') return joining.onJoin(from, decoded, nowMs);
    if (decoded.type === 'join_accepted') return joining.onAccepted(from, decoded, nowMs);
    if (decoded.type === 'join_refused') return joining.onRefused(from, decoded, nowMs);
    const member = table.get(from);
    if (member === undefined) return this.#answerStranger(from, decoded, nowMs);
    this.#takeFromMember(member, decoded, nowMs);
  }

  /**
   * Nothing that a stranger says is believed. It may be a member of which this node has not heard yet, so it gets its
   * bare acknowledgement, and this node asks another for what it missed.
   */
  #answerStranger(from: NodeId, message: Message, nowMs: number): void {
    const { antiEntropy, dissemination, outbox, self } = this.#context;
    outbox.refuse('unknown_sender');
    antiEntropy.hurry(nowMs);
    if (message.type === 'ping' && message.target === self.id)
      dissemination.acknowledgeStranger(from, message.sequence);
  }

  #takeFromMember(from: Member, message: Message, nowMs: number): void {
    const { self, dissemination, rules, prober, helper, antiEntropy, outbox, table } = this.#context;
    if (message.type === 'ping' && message.target !== self.id) return outbox.refuse('misrouted');
    if (message.type === 'sync_state') return antiEntropy.onState(from, message, nowMs);
    let isAccused = false;
    let wasGivenUp = false;
    for (const claim of message.claims) {
      if (claim.kind !== 'alive' && claim.id === self.id) {
        isAccused = true;
        wasGivenUp ||= claim.kind === 'failed';
      }
      rules.apply(claim, nowMs);
    }
    // Meanwhile nobody told this node the news: it may have missed what its own suspects object.
    if (wasGivenUp) antiEntropy.hurry(nowMs);
    switch (message.type) {
      case 'ping':
        dissemination.send(from, { type: 'ack', sequence: message.sequence }, isAccused ? self.claim() : undefined);
        return;
      case 'ack':
        if (!prober.onAck(message.sequence)) helper.onAck(message.sequence);
        return;
      case 'nack':
        prober.onNack(message.sequence);
        return;
      case 'ping_request': {
        const target = table.get(message.target);
        if (target === undefined) return;
        helper.start(from, message.sequence, target, prober.nextSequence(), nowMs);
        return;
      }
      case 'sync_request':
        antiEntropy.onRequest(from, message.digests);
        return;
      default:
    }
  }
}
