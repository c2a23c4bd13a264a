import type { CloudEvent, EventData, EventDefinition } from '@peermesh/contracts';
import { DocumentIndexed, EntityChanged, RealtimeNotified } from '@peermesh/contracts/events';
import type { RealtimeTopic } from '@peermesh/contracts/gateway';
import { formatPosition, type Position, type StreamKey } from './position.ts';

/** An event on its way to connections, serialized once for all of them. */
export interface RealtimeEntry {
  readonly stream: StreamKey;
  readonly sequence: number;
  readonly topic: RealtimeTopic;
  readonly tenantId: string;
  /** The only user who may have it; null when `acl` decides. */
  readonly userId: string | null;
  /** Principals of which one must be the reader's. */
  readonly acl: readonly string[];
  readonly message: Buffer;
  readonly sse: Buffer;
}

/** The events that realtime connections can get, by stream. */
export const EVENTS_BY_STREAM: Readonly<Record<StreamKey, readonly EventDefinition[]>> = {
  p: [RealtimeNotified],
  s: [DocumentIndexed, EntityChanged],
};

const EVERYONE = ['tenant'] as const;
/** A document event without a list says nothing about who may know of it, so only administrators may. */
const UNSTATED = ['role:admin'] as const;

/**
 * Makes the entry of an event; null for an event that connections cannot get.
 * @param position of the gateway after this event; becomes the resume token
 */
export function entryOf(event: CloudEvent, sequence: number, position: Readonly<Position>): RealtimeEntry | null {
  switch (event.type) {
    case RealtimeNotified.type: {
      const { userId } = event.data as EventData<typeof RealtimeNotified>;
      return serialize(event, { stream: 'p', sequence, topic: 'notifications', userId, acl: [] }, position);
    }
    case DocumentIndexed.type: {
      const { acl } = event.data as EventData<typeof DocumentIndexed>;
      return serialize(
        event,
        { stream: 's', sequence, topic: 'documents', userId: null, acl: acl ?? UNSTATED },
        position,
      );
    }
    case EntityChanged.type:
      return serialize(event, { stream: 's', sequence, topic: 'entities', userId: null, acl: EVERYONE }, position);
    default:
      return null;
  }
}

function serialize(
  event: CloudEvent,
  facts: Pick<RealtimeEntry, 'stream' | 'sequence' | 'topic' | 'userId' | 'acl'>,
  position: Readonly<Position>,
): RealtimeEntry {
  const id = formatPosition(position);
  const body = JSON.stringify({ id: event.id, type: event.type, time: event.time, data: event.data });
  return {
    ...facts,
    tenantId: event.tenantid,
    message: Buffer.from(`{"type":"event","id":"${id}","topic":"${facts.topic}","event":${body}}`),
    sse: Buffer.from(`id: ${id}\nevent: ${facts.topic}\ndata: ${body}\n\n`),
  };
}
