import {
  type Claim,
  Codec,
  createMembership,
  MEMBERSHIP_PRESETS,
  type Membership,
  type MembershipEvent,
  type MembershipOptions,
  type Message,
} from '../../src/index.ts';
import { seededRandom } from './seeded-random.ts';

const codec = new Codec();

/** A message that a core sent. */
interface Sent {
  readonly to: string;
  readonly message: Message;
  readonly isReliable: boolean;
}

/** One core, `me`, whose peers are the test itself. */
export class Observer {
  readonly core: Membership;
  readonly events: MembershipEvent[] = [];
  nowMs = 0;
  #sent: Sent[] = [];
  nextTickAtMs = 0;

  constructor(peers: readonly string[], options: Partial<MembershipOptions> = {}) {
    this.core = createMembership({
      meshId: 'test',
      self: { id: 'me', address: 'me:1', identity: 'key-me' },
      config: MEMBERSHIP_PRESETS.lan,
      random: seededRandom(7),
      now: 0,
      ...options,
    });
    this.#collect();
    for (const peer of peers) this.step(peer, joinMessage(peer));
    this.takeSent();
    this.events.length = 0;
  }

  step(from: string, message: Message | Uint8Array): void {
    this.core.step(from, message, this.nowMs);
    this.#collect();
  }

  gossip(from: string, ...claims: Claim[]): void {
    this.step(from, { type: 'gossip', claims });
  }

  call(act: (core: Membership) => void): void {
    act(this.core);
    this.#collect();
  }

  /** Runs the core on time; `answers` sees each message as it is sent and may answer it. */
  run(forMs: number, answers: (sent: Sent) => void = () => undefined): void {
    const untilMs = this.nowMs + forMs;
    for (;;) {
      for (const sent of this.#sent.splice(0)) answers(sent);
      if (this.nextTickAtMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, this.nextTickAtMs);
      this.core.tick(this.nowMs);
      this.#collect();
    }
    this.nowMs = untilMs;
  }

  /** Answers every ping but those to the silent ones. */
  answerAll(...silent: string[]): (sent: Sent) => void {
    return ({ to, message }) => {
      if (message.type === 'ping' && !silent.includes(to)) {
        this.step(to, { type: 'ack', sequence: message.sequence, claims: [] });
      }
      if (message.type === 'ping_request' && !silent.includes(to)) {
        this.step(to, { type: 'nack', sequence: message.sequence, claims: [] });
      }
    };
  }

  takeSent(): Sent[] {
    return this.#sent.splice(0);
  }

  typesOfEvents(): string[] {
    return this.events.map(({ type }) => type);
  }

  #collect(): void {
    const { packets, events, nextTickAtMs } = this.core.takeReady();
    this.nextTickAtMs = nextTickAtMs;
    this.events.push(...events);
    for (const { to, address, bytes, isReliable } of packets) {
      const message = codec.decode(bytes);
      if (typeof message === 'string') throw new Error(`sent a message that is ${message}`);
      this.#sent.push({ to: to ?? address, message, isReliable });
    }
  }
}

/** An alive claim. */
export function alive(id: string, incarnation: number, identity = `key-${id}`, metadata = ''): Claim {
  const record = { id, address: `${id}:1`, identity, metadata, metadataVersion: 0, versionMin: 1, versionMax: 1 };
  return { kind: 'alive', incarnation, record };
}

/** A first message of a peer that wants in. */
export function joinMessage(id: string, identity = `key-${id}`, credential = new Uint8Array(0)): Message {
  return { type: 'join', meshId: 'test', credential, claims: [alive(id, 0, identity)] };
}
