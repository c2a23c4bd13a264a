import { dataSchemaOf, type EventDefinition } from '../define-event.ts';

/** The JSON Schema of an event's data as a document of its own, as plain JSON. */
export function eventSchemaDocument(event: EventDefinition): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: dataSchemaOf(event),
      title: event.type,
      description: event.description,
      ...event.data,
    }),
  ) as Record<string, unknown>;
}
