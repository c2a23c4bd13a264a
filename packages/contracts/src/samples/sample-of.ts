import type { TSchema } from 'typebox';
import { sampleOfPattern } from './sample-of-pattern.ts';

/** How much of a sample is there: every optional field, or none. */
export type SampleSize = 'full' | 'minimal';

interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly format?: string;
  readonly pattern?: string;
}

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-11-21T06:00:00.000Z',
  date: '2026-11-21',
  time: '06:00:00Z',
  email: 'ada@example.org',
  uri: 'https://example.org/a',
  'uri-reference': '/a',
  uuid: '0198b0c2-f1a2-7cc3-a1b2-c3d4e5f60718',
  ipv4: '192.0.2.1',
};

/**
 * A value that matches a schema; the same one every time. Takes examples and defaults where the schema has them, so give
 * those where a made-up text would not help a reader.
 */
export function sampleOf(schema: TSchema, size: SampleSize = 'full'): unknown {
  return sample(schema as Schema, size);
}

function sample(schema: Schema, size: SampleSize): unknown {
  if (schema.examples?.[0] !== undefined) return schema.examples[0];
  if ('const' in schema) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.anyOf !== undefined) return sample(choiceOf(schema.anyOf, size), size);
  if (schema.allOf !== undefined) return Object.assign({}, ...schema.allOf.map((part) => sample(part, size)));
  switch (schema.type) {
    case 'object':
      return objectSample(schema, size);
    case 'array':
      return arraySample(schema, size);
    case 'string':
      return stringSample(schema);
    case 'integer':
    case 'number':
      return numberSample(schema);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return {};
  }
}

/** Full samples show a value rather than null; minimal ones the other way round. */
function choiceOf(choices: readonly Schema[], size: SampleSize): Schema {
  const ordered = size === 'full' ? choices : choices.toReversed();
  return ordered.find((choice) => (choice.type === 'null') === (size === 'minimal')) ?? ordered[0] ?? {};
}

function objectSample(schema: Schema, size: SampleSize): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const name of fieldsOf(schema, size)) result[name] = sample(schema.properties?.[name] ?? {}, size);
  const [pattern, values] = Object.entries(schema.patternProperties ?? {})[0] ?? [];
  if (size === 'full' && pattern !== undefined && values !== undefined) {
    result[/^\^?\.\*\$?$/.test(pattern) ? 'name' : sampleOfPattern(pattern)] = sample(values, size);
  }
  return result;
}

function fieldsOf(schema: Schema, size: SampleSize): readonly string[] {
  const names = Object.keys(schema.properties ?? {});
  if (size === 'full') return names;
  const required = names.filter((name) => schema.required?.includes(name) === true);
  const missing = Math.max(0, (schema.minProperties ?? 0) - required.length);
  return [...required, ...names.filter((name) => !required.includes(name)).slice(0, missing)];
}

function arraySample(schema: Schema, size: SampleSize): unknown[] {
  const length = Math.max(schema.minItems ?? 0, size === 'full' ? 1 : 0);
  const item = sample(schema.items ?? {}, size);
  if (length <= 1 || schema.uniqueItems !== true) return Array.from({ length }, () => item);
  return Array.from({ length }, (_none, index) => (typeof item === 'string' ? `${item}${index}` : index));
}

function stringSample(schema: Schema): string {
  if (schema.format !== undefined && FORMATS[schema.format] !== undefined) return FORMATS[schema.format] ?? '';
  const text = schema.pattern === undefined ? 'text' : sampleOfPattern(schema.pattern);
  return text.padEnd(schema.minLength ?? 0, 'x').slice(0, schema.maxLength);
}

function numberSample(schema: Schema): number {
  const step = schema.type === 'integer' ? 1 : 0.5;
  const least = schema.exclusiveMinimum === undefined ? (schema.minimum ?? step) : schema.exclusiveMinimum + step;
  return Math.min(Math.max(least, Math.min(step, schema.maximum ?? step)), schema.maximum ?? Number.MAX_SAFE_INTEGER);
}
