import type { EventDefinition } from '@peermesh/contracts';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

/** The two sides of an event's schema: strict when sending, tolerant when receiving. */
export interface EventCodec {
  /** Throws when the data does not match, also for unknown fields: publishing it is a programming error. */
  encode(data: unknown): Uint8Array;
  /** The data, or why it is refused. Unknown fields are kept. */
  decode(body: Uint8Array): { readonly data: unknown } | { readonly refused: string };
}

const codecs = new WeakMap<EventDefinition, EventCodec>();
const ajv = new Ajv({ allErrors: false, strict: false });
addFormats.default(ajv);

/** The codec of an event; compiled once. */
export function codecOf(event: EventDefinition): EventCodec {
  const known = codecs.get(event);
  if (known !== undefined) return known;
  const tolerant = ajv.compile(event.data);
  const strict = ajv.compile(closed(event.data) as object);
  const codec: EventCodec = {
    encode(data) {
      if (!strict(data)) throw new TypeError(`${event.type}: ${reasonOf(strict)}`);
      return Buffer.from(JSON.stringify(data));
    },
    decode(body) {
      let data: unknown;
      try {
        data = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
      } catch {
        return { refused: 'the body is not JSON in UTF-8' };
      }
      return tolerant(data) ? { data } : { refused: reasonOf(tolerant) };
    },
  };
  codecs.set(event, codec);
  return codec;
}

function reasonOf(validate: ValidateFunction): string {
  const error = validate.errors?.[0];
  return `${error?.instancePath || '/'} ${error?.message ?? 'is not valid'} ${JSON.stringify(error?.params ?? {})}`.slice(
    0,
    500,
  );
}

/** The same schema with every object closed, records excepted. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === 'default' || key === 'examples' ? value : closed(value),
    ]),
  );
  const isObject =
    copy['type'] === 'object' && copy['properties'] !== undefined && copy['patternProperties'] === undefined;
  return isObject && copy['additionalProperties'] === undefined ? { ...copy, additionalProperties: false } : copy;
}
