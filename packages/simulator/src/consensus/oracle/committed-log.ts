import type { Configuration } from '../configuration.ts';
import { ConfigurationLog } from '../configuration-log.ts';
import type { LogPosition } from '../replica-log.ts';

/** What is committed, as the first replica that said so had it. */
export class CommittedLog {
  /** Terms of entries; index 0 is the empty log. */
  readonly #terms: number[] = [0];
  /** The term in which each was committed. */
  readonly #inTerms: number[] = [0];
  readonly configurations = new ConfigurationLog();
  #configuration: { readonly index: number; readonly value: Configuration } | null = null;

  get index(): number {
    return this.#terms.length - 1;
  }

  /** The configuration that is in force. */
  get configuration(): Configuration | null {
    return this.#configuration?.value ?? null;
  }

  termAt(index: number): number {
    return this.#terms[index] as number;
  }

  at(index: number): LogPosition {
    return { index, term: this.termAt(index) };
  }

  add(term: number, inTerm: number): void {
    this.#terms.push(term);
    this.#inTerms.push(inTerm);
  }

  /** The last entry that a leader of an earlier term has committed. */
  before(term: number): LogPosition {
    let { index } = this;
    while (index > 0 && (this.#inTerms[index] as number) >= term) index--;
    return this.at(index);
  }

  /** @returns the configuration that was in force before, undefined for none; null when this one is no news */
  configured(index: number, configuration: Configuration): Configuration | undefined | null {
    if (this.#configuration !== null && index <= this.#configuration.index) return null;
    const before = this.#configuration?.value;
    this.#configuration = { index, value: configuration };
    this.configurations.put(index, configuration);
    return before;
  }
}
