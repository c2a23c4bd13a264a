import type { Mutant } from './mutant.ts';

const PACKAGE = 'packages/overlay/src';

function overlay(id: string, provenance: string, file: string, find: string, replace: string): Mutant {
  return { id: `overlay-${id}`, provenance, core: 'mesh', file: `${PACKAGE}/${file}`, find, replace, seedsMax: 500 };
}

/** Bugs of overlays: of their links, routes, relays and end-to-end flows. Found by whole nodes. */
export const OVERLAY_MUTANTS: readonly Mutant[] = [
  overlay(
    'isolated-node-stays-out',
    'memberlist#222: whoever was declared dead is dialled no more, and never comes back',
    'links/neighbour-choice.ts',
    'if (members.length <= config.fullMeshMax) return dialable;',
    'if (members.length <= config.fullMeshMax) return dialable.filter(({ nodeId }) => !isFailed(nodeId));',
  ),
  overlay(
    'connected-is-usable',
    'nebula#1748: a path counts as alive while its connection stands, and a relay becomes a black hole',
    'overlay.ts',
    'const isUsable = link.link.isUp && link.shortId !== 0 && this.#core !== null;',
    'const isUsable = link.hasConnections && link.shortId !== 0 && this.#core !== null;',
  ),
  overlay(
    'dead-link-stays-in-use',
    'frames follow a route whose first link was withdrawn',
    'control/member-core.ts',
    'this.forwarder.out.delete(link.shortId);',
    '',
  ),
  overlay(
    'held-credit-kept-at-eviction',
    'found by this simulation: frames that wait for a route when their relay is evicted take credit with them',
    'forwarding/forwarder.ts',
    "for (const frame of this.held.takeAll()) this.#giveUp(frame, 'not_a_member', nowMs);",
    'this.held.takeAll(); void nowMs;',
  ),
  overlay(
    'parked-credit-given-twice',
    'credit-based flow control (Kung, Blackwell, Chapman 1994): a cell that waits must not give its credit back',
    'intake.ts',
    'else if (!core.forwarder.transit(cursor, link, nowMs)) continue;',
    'else core.forwarder.transit(cursor, link, nowMs);',
  ),
  overlay(
    'links-not-refreshed',
    'the list of members changes and links that stand keep the standing of before',
    'overlay.ts',
    'for (const link of this.#links.all()) this.#refreshLink(link, nowMs);',
    '',
  ),
  overlay(
    'repair-not-marked',
    'RFC 9855: a packet that was repaired and meets a second failure must not be repaired again, or two relays play ping-pong',
    'forwarding/rewrite-route.ts',
    'cursor.flags | FrameFlag.segments | FrameFlag.repaired',
    'cursor.flags | FrameFlag.segments',
  ),
  overlay(
    'removed-member-believed',
    'mesh rule: what a removed member says counts for nothing from the moment its removal is known',
    'control/member-core.ts',
    "if (src === this.shortId || !members.isMember(src)) counters.drop('not_a_member', cursor.flow);",
    "if (src === this.shortId) counters.drop('not_a_member', cursor.flow);",
  ),
  overlay(
    'drain-not-advertised',
    'RFC 6987: maintenance begins and the neighbours are not told',
    'overlay.ts',
    'const drain = this.#isDraining ? NodeFlag.DRAIN : committed & NodeFlag.DRAIN;',
    'const drain = committed & NodeFlag.DRAIN;',
  ),
  overlay(
    'no-retransmission',
    'RFC 9293 section 3.8.1: without a timer what was lost on its last hop is lost',
    'flows/send-flow.ts',
    'this.#resend(this.#sent);',
    '',
  ),
  overlay(
    'earlier-life-of-sender-taken',
    'nats#7302: a duplicate that comes after the window that knew it is taken again',
    'flows/flows.ts',
    'if (isLater(flow.senderEpoch, senderEpoch)) return null;',
    '',
  ),
  overlay(
    'earlier-life-of-receiver-taken',
    'RFC 9293 section 3.4.3: after a restart old sequence numbers are taken for new ones',
    'flows/flows.ts',
    'if (receiverEpochAt(bytes, payloadAt) !== this.epoch && !isProbe) {',
    'if (false) {',
  ),
  overlay(
    'half-a-message-forgotten',
    'parts that a receiver acknowledged before it restarted are not sent again, and the rest is no message',
    'flows/send-flow.ts',
    'this.#parts.unshift(...this.#kept.splice(0));',
    'this.#kept.splice(0);',
  ),
  overlay(
    'old-acknowledgement-believed',
    'RFC 1337: an acknowledgement of an earlier incarnation of a connection is taken for this one',
    'flows/flows.ts',
    'if (flow === undefined || entry.senderEpoch !== this.epoch || entry.generation !== flow.generation) return;',
    'if (flow === undefined) return;',
  ),
  overlay(
    'earlier-life-kept-after-eviction',
    'a node that is admitted again goes on with the numbers of its earlier membership',
    'overlay.ts',
    "if (this.#hasBeenMember && self !== undefined)\n      this.#events.push({ kind: 'overtaken', bootEpoch: ++this.#bootEpoch });",
    '',
  ),
];
