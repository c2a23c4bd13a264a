import type { Configuration } from './configuration.ts';

interface ConfigurationAt {
  readonly index: number;
  readonly value: Configuration;
}

/** The configurations in one log, which go with their entries (Raft dissertation, 4.1). */
export class ConfigurationLog {
  #entries: ConfigurationAt[] = [];

  /** The entry at `index` replaces whatever was from there on; `value` when it is a configuration. */
  put(index: number, value: Configuration | null): void {
    this.#entries = this.#entries.filter((at) => at.index < index);
    if (value !== null) this.#entries.push({ index, value });
  }

  clear(): void {
    this.#entries = [];
  }

  /** The newest one up to `index`, or null when this log has none. */
  upTo(index: number): Configuration | null {
    return this.#entries.findLast((at) => at.index <= index)?.value ?? null;
  }
}
