import type { InterestDelta, InterestDigest, InterestSet, InterestVersion } from '../wire/message.ts';
import { minusTopic, plusTopic } from './topic-hash.ts';

/** Topics that one node may want. */
const TOPICS_PER_NODE_MAX = 100_000;

/** What came of a message: nothing new, something new, or that all interests are to be asked for. */
export type InterestOutcome = 'same' | 'changed' | 'ask' | 'refused';

/** Which topics another node wants, as far as it is known. */
export class RemoteInterests {
  #topics = new Set<string>();
  #hash = 0;
  #epoch = 0;
  #version = 0;
  #isKnown = false;
  #parts: (readonly string[])[] = [];
  #partsOf: InterestVersion = { epoch: 0, version: 0 };

  get topics(): ReadonlySet<string> {
    return this.#topics;
  }

  /** Whether the node has told, since this node was started, what it wants. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  applyDelta({ epoch, version, added, removed }: InterestDelta): InterestOutcome {
    if (epoch === this.#epoch && version <= this.#version) return 'same';
    const isNext = epoch === this.#epoch ? version === this.#version + 1 : epoch > this.#epoch && version === 1;
    if (!isNext || (epoch === this.#epoch && !this.#isKnown)) return epoch < this.#epoch ? 'same' : 'ask';
    // A node that was started anew begins with nothing.
    const topics = epoch === this.#epoch ? this.#topics : new Set<string>();
    if (topics.size + added.length > TOPICS_PER_NODE_MAX) return 'refused';
    if (topics !== this.#topics) this.#take(topics, { epoch, version });
    for (const topic of removed) if (topics.delete(topic)) this.#hash = minusTopic(this.#hash, topic);
    for (const topic of added) {
      if (!topics.has(topic)) this.#hash = plusTopic(this.#hash, topic);
      topics.add(topic);
    }
    this.#version = version;
    return 'changed';
  }

  applySet({ epoch, version, part, parts, topics }: InterestSet): InterestOutcome {
    if (isOlder({ epoch, version }, { epoch: this.#epoch, version: this.#version })) return 'same';
    if (epoch !== this.#partsOf.epoch || version !== this.#partsOf.version) {
      this.#partsOf = { epoch, version };
      this.#parts = [];
    }
    this.#parts[part] = topics;
    let count = 0;
    for (let at = 0; at < parts; at += 1) {
      const one = this.#parts[at];
      if (one === undefined) return 'same';
      count += one.length;
    }
    const all = this.#parts.slice(0, parts).flat();
    this.#parts = [];
    this.#partsOf = { epoch: 0, version: 0 };
    if (count > TOPICS_PER_NODE_MAX) return 'refused';
    this.#take(new Set(all), { epoch, version });
    return 'changed';
  }

  /** Whether what is known is what the digest says; asks otherwise. */
  compare({ epoch, version, count, hash }: InterestDigest): InterestOutcome {
    if (isOlder({ epoch, version }, { epoch: this.#epoch, version: this.#version })) return 'same';
    const isSame = this.#isKnown && epoch === this.#epoch && version === this.#version;
    return isSame && count === this.#topics.size && hash === this.#hash ? 'same' : 'ask';
  }

  #take(topics: Set<string>, { epoch, version }: InterestVersion): void {
    this.#topics = topics;
    this.#epoch = epoch;
    this.#version = version;
    this.#isKnown = true;
    this.#hash = 0;
    for (const topic of topics) this.#hash = plusTopic(this.#hash, topic);
  }
}

function isOlder(one: InterestVersion, other: InterestVersion): boolean {
  return one.epoch < other.epoch || (one.epoch === other.epoch && one.version < other.version);
}
