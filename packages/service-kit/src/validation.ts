import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifyInstance } from 'fastify';

/**
 * Validators that refuse instead of mending: unknown fields are an error where a schema forbids them, and a body is not
 * coerced. Parameters, query and headers arrive as text, so those are.
 */
export function validatorCompiler(): Parameters<FastifyInstance['setValidatorCompiler']>[0] {
  const exact = ajvWith(false);
  const coercing = ajvWith('array');
  return ({ schema, httpPart }) => (httpPart === 'body' ? exact : coercing).compile(schema as object);
}

function ajvWith(coerceTypes: boolean | 'array'): Ajv {
  const ajv = new Ajv({ allErrors: false, coerceTypes, useDefaults: true, removeAdditional: false, strict: false });
  addFormats.default(ajv);
  return ajv;
}
