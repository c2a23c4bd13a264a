import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

const ajv = new Ajv({ strict: false });
addFormats.default(ajv);

/** A validator for a schema of a contract. It changes nothing in what it checks: no defaults, no coercion. */
export function compileSchema(schema: object): ValidateFunction {
  return ajv.compile(schema);
}
