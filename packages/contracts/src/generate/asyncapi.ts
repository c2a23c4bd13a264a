import type { EventDefinition } from '../define-event.ts';
import { NamedSchemas } from './named-schemas.ts';

/** What {@link asyncApiDocument} needs. */
export interface AsyncApiOptions {
  readonly title: string;
  readonly description: string;
  readonly version: string;
  readonly events: readonly EventDefinition[];
  /** Golden examples by event type. */
  readonly examples?: Readonly<Record<string, readonly unknown[]>>;
}

const HEADERS = {
  type: 'object',
  description: 'CloudEvents 1.0 context attributes in binary mode.',
  required: ['ce-specversion', 'ce-id', 'ce-source', 'ce-type', 'ce-time', 'ce-tenantid', 'Nats-Msg-Id'],
  properties: {
    'ce-specversion': { type: 'string', const: '1.0' },
    'ce-id': { type: 'string', format: 'uuid', description: 'UUIDv7; consumers deduplicate by it.' },
    'ce-source': { type: 'string', examples: ['/peermesh/search/replica-1'] },
    'ce-type': { type: 'string' },
    'ce-time': { type: 'string', format: 'date-time' },
    'ce-subject': { type: 'string' },
    'ce-dataschema': { type: 'string', examples: ['peermesh://contracts/content.submitted/1'] },
    'ce-tenantid': { type: 'string' },
    'ce-correlationid': { type: 'string' },
    'ce-causationid': { type: 'string' },
    'ce-partitionkey': { type: 'string', description: 'Events with the same key keep their commit order.' },
    traceparent: { type: 'string', description: 'W3C trace context.' },
    'Nats-Msg-Id': { type: 'string', description: 'The same as `ce-id`.' },
  },
};

/** An AsyncAPI 3.0 document of events, from the point of view of a consumer. */
export function asyncApiDocument(options: AsyncApiOptions): Record<string, unknown> {
  const events = [...options.events].sort((a, b) => a.type.localeCompare(b.type));
  const named = new NamedSchemas();
  const nameOf = (event: EventDefinition): string => event.type.replaceAll('.', '_');
  return JSON.parse(
    JSON.stringify({
      asyncapi: '3.0.0',
      info: {
        title: options.title,
        version: options.version,
        description: options.description,
        license: { name: 'Apache-2.0' },
      },
      defaultContentType: 'application/json',
      servers: { nats: { host: 'nats.example.com:4222', protocol: 'nats', description: 'NATS with JetStream.' } },
      channels: Object.fromEntries(
        events.map((event) => [
          nameOf(event),
          {
            address: event.subject,
            description: `Kept in the JetStream stream ${event.stream}.`,
            messages: { event: { $ref: `#/components/messages/${nameOf(event)}` } },
          },
        ]),
      ),
      operations: Object.fromEntries(
        events.map((event) => [
          `receive_${nameOf(event)}`,
          { action: 'receive', channel: { $ref: `#/channels/${nameOf(event)}` }, summary: event.description },
        ]),
      ),
      components: {
        messages: Object.fromEntries(
          events.map((event) => [
            nameOf(event),
            {
              name: event.type,
              title: event.subject,
              summary: event.description,
              contentType: 'application/json',
              headers: { $ref: '#/components/schemas/CloudEventHeaders' },
              payload: named.refer(event.data),
              ...(options.examples?.[event.type] === undefined
                ? {}
                : { examples: options.examples[event.type]?.map((payload) => ({ payload })) }),
            },
          ]),
        ),
        schemas: { ...named.components, CloudEventHeaders: HEADERS },
      },
    }),
  ) as Record<string, unknown>;
}
