import type { AnySchemaObject, ErrorObject } from 'ajv';

const INTEGER = /^(?:0|-?[1-9]\d*)$/;
const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const NUMERIC = ['integer', 'number'];

/**
 * Finds values of a query or path that stand for a number, but are not written as one. Coercion takes whatever
 * JavaScript takes for a number, `0x10`, `1e2` and ` 5` among it; two readers of such a URL need not agree on it.
 */
export function numberCheck(
  schema: AnySchemaObject,
): (values: Readonly<Record<string, unknown>>) => ErrorObject | null {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, AnySchemaObject>>;
  const numeric = Object.entries(properties).flatMap(([name, property]) => {
    const type = numericTypeOf(property);
    return type === null ? [] : [{ name, type, shape: type === 'integer' ? INTEGER : DECIMAL }];
  });
  return (values) => {
    for (const { name, type, shape } of numeric) {
      if (!Object.hasOwn(values, name)) continue;
      for (const value of [values[name]].flat()) {
        if (typeof value !== 'string' || shape.test(value)) continue;
        return {
          keyword: 'type',
          instancePath: `/${name}`,
          schemaPath: `#/properties/${name}/type`,
          params: { type },
          message: `must be ${type === 'integer' ? 'an integer' : 'a number'} in plain decimal digits`,
        };
      }
    }
    return null;
  };
}

/** What kind of number a property holds, itself or item by item; null for one that may also be text. */
function numericTypeOf(property: AnySchemaObject): string | null {
  const type: unknown = property['type'];
  if (typeof type === 'string') {
    if (type === 'array' && property['items'] !== undefined) return numericTypeOf(property['items'] as AnySchemaObject);
    return NUMERIC.includes(type) ? type : null;
  }
  const choices = property['anyOf'] as readonly AnySchemaObject[] | undefined;
  const types = choices?.map(numericTypeOf) ?? [];
  return types[0] !== undefined && types.every((other) => other === types[0]) ? types[0] : null;
}
