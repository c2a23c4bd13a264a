import type { RealtimeTopic } from '@peermesh/contracts/gateway';
import type { RealtimeConnection } from './connection.ts';
import type { RealtimeEntry } from './entry.ts';

const NOBODY: ReadonlySet<RealtimeConnection> = new Set();

/** Who listens to what: by tenant and topic, for notifications also by user. */
export class Rooms {
  readonly #rooms = new Map<string, Set<RealtimeConnection>>();

  add(connection: RealtimeConnection, topic: RealtimeTopic): void {
    connection.topics.add(topic);
    const key = roomOf(connection.principal.tenantId, topic, connection.principal.subject);
    const room = this.#rooms.get(key);
    if (room === undefined) this.#rooms.set(key, new Set([connection]));
    else room.add(connection);
  }

  remove(connection: RealtimeConnection, topic: RealtimeTopic): void {
    if (!connection.topics.delete(topic)) return;
    const key = roomOf(connection.principal.tenantId, topic, connection.principal.subject);
    const room = this.#rooms.get(key);
    room?.delete(connection);
    if (room?.size === 0) this.#rooms.delete(key);
  }

  removeAll(connection: RealtimeConnection): void {
    for (const topic of connection.topics) this.remove(connection, topic);
  }

  /** The connections that may want an entry. */
  audience(entry: RealtimeEntry): ReadonlySet<RealtimeConnection> {
    return this.#rooms.get(roomOf(entry.tenantId, entry.topic, entry.userId ?? '')) ?? NOBODY;
  }
}

function roomOf(tenantId: string, topic: RealtimeTopic, userId: string): string {
  return topic === 'notifications' ? `${tenantId}/${topic}/${userId}` : `${tenantId}/${topic}`;
}
