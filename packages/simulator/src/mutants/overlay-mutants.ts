import type { Mutant } from './mutant.ts';

const PACKAGE = 'packages/overlay/src';

function overlay(id: string, provenance: string, file: string, find: string, replace: string): Mutant {
  const path = `${PACKAGE}/${file}`;
  return { id: `overlay-${id}`, provenance, core: 'mesh', file: path, find, replace, seedsMax: 500 };
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
    'links/link-service.ts',
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
    'held-credit-given-twice',
    'credit-based flow control (Kung, Blackwell, Chapman 1994): a cell that waits must not give its credit back',
    'forwarding/forwarder.ts',
    'if (this.#repair(cursor, next, upstream, frameEnd - at, nowMs)) this.#doneBytes += frameEnd - at;',
    'this.#repair(cursor, next, upstream, frameEnd - at, nowMs); this.#doneBytes += frameEnd - at;',
  ),
  overlay(
    'links-not-refreshed',
    'the list of members changes and links that stand keep the standing of before',
    'overlay.ts',
    'for (const link of this.#links.all()) this.#service.refresh(link, nowMs);',
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
    'drain-not-advertised',
    'RFC 6987: maintenance begins and the neighbours are not told',
    'control/self-membership.ts',
    'const drain = this.#isDraining ? NodeFlag.DRAIN : committed & NodeFlag.DRAIN;',
    'const drain = committed & NodeFlag.DRAIN;',
  ),
  overlay(
    'no-retransmission',
    'RFC 9293 section 3.8.1: without a timer what was lost on its last hop is lost',
    'flows/send-flow.ts',
    'this.#recovery.onTimeout(this.#underWay);',
    '',
  ),
  overlay(
    'earlier-life-of-sender-taken',
    'nats#7302: a duplicate that comes after the window that knew it is taken again',
    'flows/receive-flows.ts',
    'if (isLater(flow.senderEpoch, senderEpoch)) return null;',
    '',
  ),
  overlay(
    'earlier-life-of-receiver-taken',
    'RFC 9293 section 3.4.3: after a restart old sequence numbers are taken for new ones',
    'flows/receive-flows.ts',
    'if (receiverEpochAt(bytes, payloadAt) !== this.epoch && !isProbe) {',
    'if (false) {',
  ),
  overlay(
    'half-a-message-forgotten',
    'parts that a receiver acknowledged before it restarted are not sent again, and the rest is no message',
    'flows/send-flow.ts',
    'this.#parts = [...this.#kept.splice(0), ...this.#parts.slice(this.#first)];',
    'this.#kept.splice(0); this.#parts = this.#parts.slice(this.#first);',
  ),
];
