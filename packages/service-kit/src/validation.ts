import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifyInstance } from 'fastify';
import { asPeerMeshError } from './problem.ts';

/**
 * Validators that refuse instead of mending: unknown fields are an error where a schema forbids them, and a body is not
 * coerced. Parameters, query and headers arrive as text, so those are.
 */
export function validatorCompiler(): Parameters<FastifyInstance['setValidatorCompiler']>[0] {
  const exact = ajvWith(false);
  const coercing = ajvWith('array');
  return ({ schema, httpPart }) => (httpPart === 'body' ? exact : coercing).compile(schema as object);
}

/**
 * Checks values that did not come as the body of a request, by the schema of a contract; without one all are refused.
 * @throws `PM_COMMON_VALIDATION_FAILED` with a pointer to each flaw
 */
export function createCheck(schema: object | undefined, context: string): (value: unknown) => void {
  const validate = ajvWith(false).compile(schema ?? false);
  return (value) => {
    if (!validate(value)) throw asPeerMeshError({ validation: validate.errors ?? [], validationContext: context });
  };
}

function ajvWith(coerceTypes: boolean | 'array'): Ajv {
  const ajv = new Ajv({ allErrors: false, coerceTypes, useDefaults: true, removeAdditional: false, strict: false });
  addFormats.default(ajv);
  return ajv;
}
