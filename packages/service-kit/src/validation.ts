import { Ajv, type AnySchemaObject, type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifyInstance } from 'fastify';
import { numberCheck } from './plain-numbers.ts';
import { asPeerMeshError } from './problem.ts';

/**
 * Validators that refuse instead of mending: unknown fields are an error where a schema forbids them, and a body is not
 * coerced. Parameters and query arrive as text, so those are; numbers among them must be in plain decimal digits.
 */
export function validatorCompiler(): Parameters<FastifyInstance['setValidatorCompiler']>[0] {
  const exact = ajvWith(false);
  const coercing = ajvWith('array');
  return ({ schema, httpPart }) => {
    if (httpPart === 'body') return exact.compile(schema as object);
    return withPlainNumbers(coercing, schema as AnySchemaObject);
  };
}

function withPlainNumbers(ajv: Ajv, schema: AnySchemaObject): Validator {
  const coerced = ajv.compile(schema as object);
  const findFault = numberCheck(schema);
  const validate: Validator = (values) => {
    const fault = findFault(values as Readonly<Record<string, unknown>>);
    const isValid = fault === null && coerced(values);
    validate.errors = fault === null ? (coerced.errors ?? null) : [fault];
    return isValid;
  };
  return validate;
}

/** As Fastify calls it. */
interface Validator {
  (values: unknown): boolean;
  errors?: ErrorObject[] | null;
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
