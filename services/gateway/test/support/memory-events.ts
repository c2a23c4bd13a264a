import type { CloudEvent } from '@peermesh/contracts';
import type { DecisionEntry } from '@peermesh/service-kit';
import type { GatewayEvents } from '../../src/ports.ts';
import type { RealtimeConnection } from '../../src/realtime/connection.ts';
import { entryOf } from '../../src/realtime/entry.ts';
import type { Position, StreamKey } from '../../src/realtime/position.ts';

/** The events of one process, with the same order and the same window as the streams. */
export class MemoryEvents implements GatewayEvents {
  readonly #stored: { event: CloudEvent; stream: StreamKey; sequence: number }[] = [];
  readonly #position: Position = { p: 0, s: 0 };
  readonly #first: Position = { p: 1, s: 1 };
  readonly #followers: ((event: CloudEvent, stream: StreamKey, sequence: number) => void)[] = [];
  readonly #revocations: ((event: CloudEvent) => void)[] = [];
  readonly #routes: (() => void)[] = [];
  stalenessMs = 0;
  /** What enforcement decided, as the auth service would keep it. */
  readonly decisions: DecisionEntry[] = [];

  readonly history = {
    replay: async (connection: RealtimeConnection, until: Readonly<Position>): Promise<'done' | 'expired'> => {
      for (const stream of ['p', 's'] as const) {
        if (connection.position[stream] + 1 < this.#first[stream]) return 'expired';
        for (const { event, sequence } of this.#stored.filter((stored) => stored.stream === stream)) {
          if (sequence <= connection.position[stream] || sequence > until[stream]) continue;
          const entry = entryOf(event, sequence, { ...connection.position, [stream]: sequence });
          if (entry !== null && connection.wants(entry)) connection.send(entry);
        }
        connection.position[stream] = Math.max(connection.position[stream], until[stream]);
      }
      return 'done';
    },
    isKnown: async (position: Readonly<Position>): Promise<boolean> =>
      position.p <= this.#position.p && position.s <= this.#position.s,
  };

  position(): Promise<Position> {
    return Promise.resolve({ ...this.#position });
  }

  follow(_from: Position, handler: (event: CloudEvent, stream: StreamKey, sequence: number) => void): void {
    this.#followers.push(handler);
  }

  followRevocations(handler: (event: CloudEvent) => void): { caughtUp: Promise<void>; stalenessMs(): number } {
    this.#revocations.push(handler);
    return { caughtUp: Promise.resolve(), stalenessMs: () => this.stalenessMs };
  }

  followRoutes(handler: () => void): void {
    this.#routes.push(handler);
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  publish(event: CloudEvent, stream: StreamKey): number {
    const sequence = ++this.#position[stream];
    this.#stored.push({ event, stream, sequence });
    for (const follower of this.#followers) follower(event, stream, sequence);
    return sequence;
  }

  /** Forgets the oldest events of a stream, as retention does. */
  expire(stream: StreamKey, before: number): void {
    this.#first[stream] = before;
  }

  revoke(event: CloudEvent): void {
    for (const handler of this.#revocations) handler(event);
  }

  announceRoutes(): void {
    for (const handler of this.#routes) handler();
  }
}
