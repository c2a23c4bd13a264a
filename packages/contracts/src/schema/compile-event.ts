import type { ValidateFunction } from 'ajv';
import type { EventData, EventDefinition } from '../define-event.ts';
import { compileSchema } from './compile-schema.ts';

/** Checks of one event's data: strict for whoever publishes, tolerant for whoever consumes. */
export interface EventCheck<E extends EventDefinition> {
  /** Null when the data may be published, else why not. Fields that the schema does not know are refused. */
  refusalToPublish(data: unknown): string | null;
  /** Null when the data can be consumed, else why not. Fields that the schema does not know are fine. */
  refusalToConsume(data: unknown): string | null;
  /** Whether the data can be consumed. */
  accepts(data: unknown): data is EventData<E>;
}

const checks = new WeakMap<EventDefinition, EventCheck<EventDefinition>>();

/** The checks of an event, compiled on first use and kept. */
export function compileEvent<E extends EventDefinition>(event: E): EventCheck<E> {
  const known = checks.get(event);
  if (known !== undefined) return known as EventCheck<E>;
  const tolerant = compileSchema(event.data);
  const strict = compileSchema(closedSchema(event.data) as object);
  const check: EventCheck<E> = {
    refusalToPublish: (data) => (strict(data) ? null : reasonOf(strict)),
    refusalToConsume: (data) => (tolerant(data) ? null : reasonOf(tolerant)),
    accepts: (data): data is EventData<E> => tolerant(data),
  };
  checks.set(event, check as EventCheck<EventDefinition>);
  return check;
}

function reasonOf(validate: ValidateFunction): string {
  const error = validate.errors?.[0];
  const reason = `${error?.instancePath || '/'} ${error?.message ?? 'is not valid'} ${JSON.stringify(error?.params ?? {})}`;
  return reason.slice(0, 500);
}

/** The same schema with every object closed; records, which have patterns for names, stay open. */
export function closedSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closedSchema);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    copy[key] = key === 'default' || key === 'examples' || key === 'const' ? value : closedSchema(value);
  }
  const isClosable = copy['type'] === 'object' && 'properties' in copy && !('patternProperties' in copy);
  return isClosable && !('additionalProperties' in copy) ? { ...copy, additionalProperties: false } : copy;
}
