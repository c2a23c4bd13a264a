import { TrafficClass } from '@peermesh/link';
import type { DataCounters } from '../counters.ts';
import type { MeshSender } from '../ports.ts';
import { encodeMessage } from '../wire/codec.ts';
import type { DataMessage, InterestDelta, InterestDigest, InterestSet } from '../wire/message.ts';
import type { LocalInterests } from './local-interests.ts';
import { type InterestOutcome, RemoteInterests } from './remote-interests.ts';

/** Everybody gets a digest this often, so that what was lost is noticed. */
const DIGEST_MS = 10_000;
/** A node is asked for its interests, and answers, at most this often. */
const ASK_MS = 1_000;

const OPTIONS = { isReliable: true, trafficClass: TrafficClass.priority };

interface Neighbour {
  readonly interests: RemoteInterests;
  askedAtMs: number;
  answeredAtMs: number;
  digestAtMs: number;
}

/** Keeps the nodes' interests alike everywhere: changes as they happen, and digests that show what was missed. */
export class InterestExchange {
  readonly #local: LocalInterests;
  readonly #sender: MeshSender;
  readonly #counters: DataCounters;
  readonly #onChanged: (node: number, topics: ReadonlySet<string>) => void;
  readonly #nodes = new Map<number, Neighbour>();

  constructor(
    local: LocalInterests,
    sender: MeshSender,
    counters: DataCounters,
    onChanged: (node: number, topics: ReadonlySet<string>) => void,
  ) {
    this.#local = local;
    this.#sender = sender;
    this.#counters = counters;
    this.#onChanged = onChanged;
  }

  /** The other members of the mesh. */
  setNodes(nodes: ReadonlySet<number>): void {
    for (const node of this.#nodes.keys()) if (!nodes.has(node)) this.#nodes.delete(node);
    for (const node of nodes) if (!this.#nodes.has(node)) this.#nodes.set(node, newNeighbour());
  }

  has(node: number): boolean {
    return this.#nodes.has(node);
  }

  /** A node has come back, or is wrong about what is wanted here: it is told with the next tick. */
  remind(node: number): void {
    const neighbour = this.#nodes.get(node);
    if (neighbour !== undefined) neighbour.digestAtMs = 0;
  }

  received(node: number, message: InterestDelta | InterestDigest | InterestSet, nowMs: number): void {
    const neighbour = this.#nodes.get(node);
    if (neighbour === undefined) return;
    const outcome = this.#apply(neighbour.interests, message);
    if (outcome === 'changed') this.#onChanged(node, neighbour.interests.topics);
    if (outcome === 'refused') this.#counters.add('refused-message', message.kind);
    if (outcome !== 'ask' || nowMs < neighbour.askedAtMs + ASK_MS) return;
    if (this.#send(node, { kind: 'interest-request' })) neighbour.askedAtMs = nowMs;
  }

  /** A node asks for all that is wanted here. */
  requested(node: number, nowMs: number): void {
    const neighbour = this.#nodes.get(node);
    if (neighbour === undefined || nowMs < neighbour.answeredAtMs + ASK_MS) return;
    this.#announce();
    neighbour.answeredAtMs = nowMs;
    for (const part of this.#local.set()) if (!this.#send(node, part)) return this.remind(node);
  }

  tick(nowMs: number): void {
    this.#announce();
    for (const [node, neighbour] of this.#nodes) {
      if (nowMs < neighbour.digestAtMs) continue;
      if (this.#send(node, this.#local.digest())) neighbour.digestAtMs = nowMs + DIGEST_MS;
    }
  }

  #announce(): void {
    for (const delta of this.#local.takeDeltas())
      for (const node of this.#nodes.keys()) if (!this.#send(node, delta)) this.remind(node);
  }

  #apply(interests: RemoteInterests, message: InterestDelta | InterestDigest | InterestSet): InterestOutcome {
    if (message.kind === 'interest-delta') return interests.applyDelta(message);
    return message.kind === 'interest-set' ? interests.applySet(message) : interests.compare(message);
  }

  #send(node: number, message: DataMessage): boolean {
    return this.#sender.send(node, OPTIONS, encodeMessage(message)) === 'accepted';
  }
}

function newNeighbour(): Neighbour {
  const never = Number.NEGATIVE_INFINITY;
  return { interests: new RemoteInterests(), askedAtMs: never, answeredAtMs: never, digestAtMs: 0 };
}
