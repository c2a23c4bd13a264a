import type { TopicLog } from './topic-log.ts';

/** What a topic keeps. What is still needed stays even so, up to the hard limit, at which nothing is accepted any more. */
export interface Retention {
  /** Records older than this are forgotten; 0 keeps them. */
  readonly ageMsMax: number;
  /** The oldest records go when a topic takes more than this; 0 is no limit. */
  readonly bytesMax: number;
  /** What a topic may take, however much of it is needed; 0 is no limit. */
  readonly hardBytesMax: number;
}

/** How much of a log is kept, and whether it takes more. */
export class TopicRetention {
  readonly #log: TopicLog;
  readonly #default: Retention;
  readonly #byTopic: ReadonlyMap<string, Retention>;

  constructor(log: TopicLog, byDefault: Retention, byTopic: ReadonlyMap<string, Retention> = new Map()) {
    this.#log = log;
    this.#default = byDefault;
    this.#byTopic = byTopic;
  }

  /** Whether a topic may take this much more. */
  hasRoom(topic: string, bytes: number): boolean {
    const { hardBytesMax } = this.#of(topic);
    return this.#log.hasRoom && (hardBytesMax === 0 || this.#log.bytesOf(topic) + bytes <= hardBytesMax);
  }

  /**
   * Forgets what is too old or too much of each topic, and what of it nobody needs any more: `neededFrom` says from where on
   * a topic is needed, Infinity when nobody needs it. @returns how many records were forgotten
   */
  async sweep(nowMs: number, neededFrom: (topic: string) => number): Promise<number> {
    let forgotten = 0;
    for (const topic of this.#log.topics()) {
      const to = Math.min(this.#endOfStale(topic, nowMs), neededFrom(topic));
      const { first } = this.#log.range(topic);
      if (to <= first) continue;
      await this.#log.trim(topic, to);
      forgotten += this.#log.range(topic).first - first;
    }
    return forgotten;
  }

  #endOfStale(topic: string, nowMs: number): number {
    const { ageMsMax, bytesMax } = this.#of(topic);
    const from = this.#log.endPosition(topic) - bytesMax;
    let to = 0;
    if (ageMsMax > 0) to = this.#log.firstWhere(topic, ({ timeMs }) => timeMs >= nowMs - ageMsMax);
    if (bytesMax > 0 && from > 0)
      to = Math.max(
        to,
        this.#log.firstWhere(topic, ({ position }) => position >= from),
      );
    return to;
  }

  #of(topic: string): Retention {
    return this.#byTopic.get(topic) ?? this.#default;
  }
}
