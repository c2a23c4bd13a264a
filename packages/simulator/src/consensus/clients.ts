import type { EventQueue } from '../event-queue.ts';
import type { Operation } from '../history/history.ts';
import type { RegisterInput, RegisterOutput } from '../history/register-model.ts';
import type { SeededRandom } from '../random.ts';
import type { KvCommand } from './kv-machine.ts';

/** What a client can ask of a node. `done` gets the value found, or null when it certainly took no effect. */
export interface KvEndpoint {
  nodes(): readonly string[];
  /** Where a client should try first, if anybody knows. */
  leaderHint(): string | null;
  write(node: string, command: KvCommand, done: (found: string | null) => void): void;
  read(node: string, key: string, done: (found: string | null) => void): void;
}

export interface ClientOptions {
  readonly clients: number;
  readonly operations: number;
  readonly keys: number;
  /** Calls are spread over this time. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly timeoutMs: number;
}

/** Clients that call one operation at a time, take each answer down, and start a new session when one does not come. */
export class KvClients {
  readonly #queue: EventQueue;
  readonly #random: SeededRandom;
  readonly #endpoint: KvEndpoint;
  readonly #options: ClientOptions;
  readonly history: Operation<RegisterInput, RegisterOutput>[] = [];
  /** When each client last got an answer other than a refusal. */
  readonly lastSuccessMs: number[];
  #sessions = 0;
  #values = 0;
  refused = 0;

  constructor(queue: EventQueue, random: SeededRandom, endpoint: KvEndpoint, options: ClientOptions) {
    this.#queue = queue;
    this.#random = random;
    this.#endpoint = endpoint;
    this.#options = options;
    this.lastSuccessMs = new Array<number>(options.clients).fill(0);
  }

  start(): void {
    const { clients, fromMs } = this.#options;
    for (let client = 0; client < clients; client++)
      this.#queue.at(fromMs + this.#random.between(0, 200), () => this.#next(client, ++this.#sessions, 1));
  }

  /** Operations that did not get an answer: they may take effect at any time. */
  get unknown(): number {
    return this.history.filter(({ output }) => output === undefined).length;
  }

  #next(client: number, session: number, sequence: number): void {
    const { clients, operations, fromMs, untilMs } = this.#options;
    if (this.#queue.nowMs >= untilMs) return;
    const meanMs = ((untilMs - fromMs) * clients) / operations;
    this.#queue.after(this.#random.exponential(meanMs), () => this.#call(client, session, sequence));
  }

  #call(client: number, session: number, sequence: number): void {
    const input = this.#input();
    const calledMs = this.#queue.nowMs;
    let isOver = false;
    const finish = (output: RegisterOutput | undefined, isKnown: boolean): void => {
      isOver = true;
      const returnedMs = output === undefined ? Number.POSITIVE_INFINITY : this.#queue.nowMs;
      this.history.push({ client, input, calledMs, returnedMs, output });
      if (output !== undefined) this.lastSuccessMs[client] = this.#queue.nowMs;
      this.#next(client, isKnown ? session : ++this.#sessions, isKnown ? sequence + 1 : 1);
    };
    const timer = this.#queue.after(this.#options.timeoutMs, () => finish(undefined, false));
    const done = (found: string | null): void => {
      if (isOver) return;
      timer.cancel();
      if (found !== null) {
        finish({ value: found }, true);
        return;
      }
      isOver = true;
      this.refused++;
      this.#next(client, session, sequence + 1);
    };
    const hint = this.#endpoint.leaderHint();
    const node = hint !== null && this.#random.chance(0.7) ? hint : this.#random.pick(this.#endpoint.nodes());
    if (input.kind === 'read') {
      this.#endpoint.read(node, input.key, done);
      return;
    }
    const expected = input.kind === 'cas' ? input.expected : '';
    const { kind, key, value } = input;
    this.#endpoint.write(node, { session, sequence, kind, key, expected, value }, done);
  }

  #input(): RegisterInput {
    const key = `k${this.#random.integer(this.#options.keys)}`;
    const draw = this.#random.next();
    if (draw < 0.4) return { kind: 'read', key };
    const value = `v${++this.#values}`;
    if (draw < 0.8) return { kind: 'write', key, value };
    // Recent values, so that some succeed.
    const expected = `v${Math.max(1, this.#values - this.#random.integer(this.#options.keys * 3))}`;
    return { kind: 'cas', key, expected, value };
  }
}
