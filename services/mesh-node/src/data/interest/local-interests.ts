import { type DataMessage, type InterestDigest, TOPICS_MAX } from '../wire/message.ts';
import { minusTopic, plusTopic } from './topic-hash.ts';

/** Topics in one message, so that it stays small. */
const TOPICS_AT_ONCE = Math.min(256, TOPICS_MAX);

/** Which topics this node wants, by how many of its subscribers, and what of that the others do not know yet. */
export class LocalInterests {
  readonly #epoch: number;
  readonly #counts = new Map<string, number>();
  /** Topics that changed since {@link takeDeltas}, with whether they were wanted then. */
  readonly #changed = new Map<string, boolean>();
  #version = 0;
  #hash = 0;

  /** @param epoch rises with every start of the node */
  constructor(epoch: number) {
    this.#epoch = epoch;
  }

  has(topic: string): boolean {
    return this.#counts.has(topic);
  }

  get size(): number {
    return this.#counts.size;
  }

  add(topic: string): void {
    const count = this.#counts.get(topic) ?? 0;
    if (count === 0) this.#change(topic, true);
    this.#counts.set(topic, count + 1);
  }

  remove(topic: string): void {
    const count = this.#counts.get(topic) ?? 0;
    if (count > 1) this.#counts.set(topic, count - 1);
    if (count !== 1) return;
    this.#counts.delete(topic);
    this.#change(topic, false);
  }

  /** What all others are to be told since this was asked last; each message is one version. */
  takeDeltas(): DataMessage[] {
    const changes = [...this.#changed].filter(([topic, wasWanted]) => this.#counts.has(topic) !== wasWanted);
    this.#changed.clear();
    const deltas: DataMessage[] = [];
    for (let at = 0; at < changes.length; at += TOPICS_AT_ONCE) {
      this.#version += 1;
      const part = changes.slice(at, at + TOPICS_AT_ONCE);
      const named = (isWanted: boolean): string[] =>
        part.filter(([, wasWanted]) => wasWanted !== isWanted).map(([topic]) => topic);
      const [epoch, version] = [this.#epoch, this.#version];
      deltas.push({ kind: 'interest-delta', epoch, version, added: named(true), removed: named(false) });
    }
    return deltas;
  }

  /** Only right when {@link takeDeltas} has nothing left. */
  digest(): InterestDigest {
    const [epoch, version, hash] = [this.#epoch, this.#version, this.#hash];
    return { kind: 'interest-digest', epoch, version, count: this.#counts.size, hash };
  }

  /** All of it, for a node that asks. Only right when {@link takeDeltas} has nothing left. */
  set(): DataMessage[] {
    const topics = [...this.#counts.keys()];
    const parts = Math.max(1, Math.ceil(topics.length / TOPICS_AT_ONCE));
    return Array.from({ length: parts }, (_, part) => ({
      kind: 'interest-set' as const,
      epoch: this.#epoch,
      version: this.#version,
      part,
      parts,
      topics: topics.slice(part * TOPICS_AT_ONCE, (part + 1) * TOPICS_AT_ONCE),
    }));
  }

  #change(topic: string, isWanted: boolean): void {
    if (!this.#changed.has(topic)) this.#changed.set(topic, !isWanted);
    this.#hash = isWanted ? plusTopic(this.#hash, topic) : minusTopic(this.#hash, topic);
  }
}
