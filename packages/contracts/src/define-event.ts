import type { Static, TSchema } from 'typebox';

/** The JetStream streams that carry events. They are declared in `infra/catalog.ts`; an event names the one it lives in. */
export type StreamName = 'CONTENT' | 'AI' | 'JOBS' | 'SEARCH' | 'PUBLISHING' | 'AUTH' | 'GATEWAY' | 'MESH' | 'ROUTER';

/** A fact that one module publishes and any other may consume. */
export interface EventDefinition<Type extends string = string, Data extends TSchema = TSchema> {
  /** CloudEvents `type`, with the major version: `peermesh.content.submitted.v1`. */
  readonly type: Type;
  /** NATS subject, `{module}.{operation}`. */
  readonly subject: string;
  readonly stream: StreamName;
  readonly description: string;
  /** Schema of the data. Unknown fields are kept by consumers and refused by publishers. */
  readonly data: Data;
}

/** The data of an event. */
export type EventData<E extends EventDefinition> = Static<E['data']>;

/** Declares one event. The same value serves the publisher, every consumer and AsyncAPI. */
export function defineEvent<const Type extends `peermesh.${string}.v${number}`, Data extends TSchema>(
  definition: EventDefinition<Type, Data>,
): EventDefinition<Type, Data> {
  return Object.freeze(definition);
}

/** The CloudEvents `dataschema` of an event, and the `$id` of its published schema: `peermesh://contracts/content.submitted/1`. */
export function dataSchemaOf(event: EventDefinition): string {
  return `peermesh://contracts/${event.subject}/${event.type.slice(event.type.lastIndexOf('.v') + 2)}`;
}

/** CloudEvents 1.0 context attributes with PeerMesh's extensions, as a consumer sees them. */
export interface EventEnvelope {
  readonly specversion: '1.0';
  /** UUIDv7; also `Nats-Msg-Id`. Consumers deduplicate by it. */
  readonly id: string;
  /** `/peermesh/{module}/{instance}`. */
  readonly source: string;
  readonly type: string;
  /** RFC 3339 UTC. */
  readonly time: string;
  readonly subject?: string;
  readonly datacontenttype: 'application/json';
  readonly dataschema: string;
  readonly tenantid: string;
  readonly correlationid: string;
  readonly causationid?: string;
  /** Events with the same key keep their commit order. */
  readonly partitionkey: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** An event with its data, in CloudEvents structured mode. */
export interface CloudEvent<Data = unknown> extends EventEnvelope {
  readonly data: Data;
}
