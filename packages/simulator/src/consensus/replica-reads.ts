import type { SeededRandom } from '../random.ts';
import type { CorePort } from './core-port.ts';
import type { KvMachine } from './kv-machine.ts';
import type { ConsensusOracle } from './oracle/oracle.ts';

/** Takes what a client gets: what was found, or null when there is no answer. */
export type Waiting = (found: string | null) => void;

interface Reader {
  readonly id: number;
  readonly core: CorePort;
  readonly oracle: ConsensusOracle;
  readonly random: SeededRandom;
}

/** Reads that one replica was asked for: they wait until the core allows them, and then until enough is applied. */
export class ReplicaReads {
  readonly #reader: Reader;
  readonly #asked = new Map<string, { readonly key: string; readonly askedAfter: number; readonly done: Waiting }>();
  readonly #allowed: { readonly index: number; readonly key: string; readonly done: Waiting }[] = [];
  #contexts = 0;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** @param acknowledged the highest index that a client had an answer to when it asked */
  ask(key: string, acknowledged: number, done: Waiting): void {
    const { id, core, random } = this.#reader;
    const context = `${id}-${++this.#contexts}-${random.integer(1_000_000)}`;
    this.#asked.set(context, { key, askedAfter: acknowledged, done });
    if (core.read(context)) return;
    this.#asked.delete(context);
    done(null);
  }

  /** The core allows a read once everything up to an index is applied. */
  allowed(index: number, context: string): void {
    const asked = this.#asked.get(context);
    if (asked === undefined) return;
    this.#asked.delete(context);
    this.#reader.oracle.readAllowed(String(this.#reader.id), index, asked.askedAfter);
    this.#allowed.push({ index, key: asked.key, done: asked.done });
  }

  answer(applied: number, machine: KvMachine): void {
    for (const read of this.#allowed.splice(0).toReversed()) {
      if (read.index > applied) this.#allowed.unshift(read);
      else read.done(machine.read(read.key));
    }
  }
}
