/** One thing that happened, kept as it came: text is made only when a run fails. */
interface TraceEntry {
  readonly atMs: number;
  readonly node: string;
  readonly event: string;
  readonly detail: unknown;
}

/** The last `capacity` things that happened. */
export class TraceRing {
  readonly #capacity: number;
  readonly #entries: TraceEntry[] = [];
  #next = 0;

  constructor(capacity = 400) {
    this.#capacity = capacity;
  }

  add(atMs: number, node: string, event: string, detail?: unknown): void {
    const entry = { atMs, node, event, detail };
    if (this.#entries.length < this.#capacity) this.#entries.push(entry);
    else this.#entries[this.#next] = entry;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** Oldest first, one line each. */
  lines(): string[] {
    const { length } = this.#entries;
    const first = length < this.#capacity ? 0 : this.#next;
    return Array.from({ length }, (_, offset) => format(this.#entries[(first + offset) % length] as TraceEntry));
  }
}

function format({ atMs, node, event, detail }: TraceEntry): string {
  const text = detail === undefined ? '' : typeof detail === 'string' ? detail : JSON.stringify(detail, shorten);
  return `${(atMs / 1_000).toFixed(3).padStart(8)} s  ${node.padEnd(8)} ${event.padEnd(16)} ${text}`.trimEnd();
}

function shorten(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  if (Array.isArray(value) && value.length > 4) return `${value.length} items`;
  return value;
}
