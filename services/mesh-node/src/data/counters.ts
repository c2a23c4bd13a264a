/** What happened to records and messages that did not go the usual way. */
export type DataEvent =
  | 'dropped-oldest'
  | 'dropped-newest'
  | 'dropped-unreachable'
  | 'refused-no-room'
  | 'refused-message'
  | 'refused-gap'
  | 'unwanted'
  | 'duplicate'
  | 'resent'
  | 'lost-expired'
  | 'lost-corrupt'
  | 'stored-remote'
  | 'forwarded'
  | 'published';

/** Topics that are counted by themselves; the others together. */
const TOPICS_MAX = 1_000;
const OTHERS = '*';

/** Counts by event and topic. */
export class DataCounters {
  readonly #counts = new Map<DataEvent, Map<string, number>>();

  add(event: DataEvent, topic: string, count = 1): void {
    if (count === 0) return;
    let topics = this.#counts.get(event);
    if (topics === undefined) this.#counts.set(event, (topics = new Map()));
    const name = topics.has(topic) || topics.size < TOPICS_MAX ? topic : OTHERS;
    topics.set(name, (topics.get(name) ?? 0) + count);
  }

  total(event: DataEvent): number {
    let total = 0;
    for (const count of this.#counts.get(event)?.values() ?? []) total += count;
    return total;
  }

  *[Symbol.iterator](): Iterator<readonly [event: DataEvent, topic: string, count: number]> {
    for (const [event, topics] of this.#counts) for (const [topic, count] of topics) yield [event, topic, count];
  }
}
