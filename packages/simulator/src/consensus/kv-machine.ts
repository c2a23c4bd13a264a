import { hashSeed } from '../random.ts';

/** A command of the replicated registers. `session` and `sequence` name it: it takes effect once, however often it comes. */
export interface KvCommand {
  readonly session: number;
  readonly sequence: number;
  readonly kind: 'write' | 'cas';
  readonly key: string;
  readonly expected: string;
  readonly value: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeCommand({ session, sequence, kind, key, expected, value }: KvCommand): Uint8Array {
  return encoder.encode(`${session} ${sequence} ${kind} ${key} ${expected} ${value}`);
}

export function decodeCommand(bytes: Uint8Array): KvCommand {
  const [session = '', sequence = '', kind, key = '', expected = '', value = ''] = decoder.decode(bytes).split(' ');
  if (kind !== 'write' && kind !== 'cas') throw new Error(`not a command: ${decoder.decode(bytes)}`);
  return { session: Number(session), sequence: Number(sequence), kind, key, expected, value };
}

/** Registers, the last result of each session, and a hash over everything that was applied, in order. */
export class KvMachine {
  #registers = new Map<string, string>();
  #sessions = new Map<number, { sequence: number; found: string }>();
  #hash = 0;
  /** Commands that came again and were not applied again. */
  duplicates = 0;

  /** What the register held before. */
  apply(command: KvCommand): string {
    const last = this.#sessions.get(command.session);
    if (last !== undefined && last.sequence >= command.sequence) {
      this.duplicates++;
      return last.found;
    }
    const found = this.#registers.get(command.key) ?? '';
    if (command.kind === 'write' || found === command.expected) this.#registers.set(command.key, command.value);
    this.#sessions.set(command.session, { sequence: command.sequence, found });
    this.#hash = hashSeed(
      this.#hash,
      `${command.session}/${command.sequence}/${command.key}/${command.value}/${found}`,
    );
    return found;
  }

  read(key: string): string {
    return this.#registers.get(key) ?? '';
  }

  /** Equal on all replicas that have applied the same commands. */
  get hash(): number {
    return this.#hash;
  }

  snapshot(): Uint8Array {
    return encoder.encode(
      JSON.stringify({ registers: [...this.#registers], sessions: [...this.#sessions], hash: this.#hash }),
    );
  }

  restore(snapshot: Uint8Array): void {
    const { registers, sessions, hash } = JSON.parse(decoder.decode(snapshot)) as {
      registers: [string, string][];
      sessions: [number, { sequence: number; found: string }][];
      hash: number;
    };
    this.#registers = new Map(registers);
    this.#sessions = new Map(sessions);
    this.#hash = hash;
  }
}
