import type { RecordAttributes } from '../../ports.ts';

const elements = new WeakMap<object, string>();

/**
 * Attributes as the text of a PostgreSQL array of JSON, `{}` where there are none. All backends write those of the same batch: the
 * text of an object is made once.
 */
export function attributesText(list: readonly (RecordAttributes | null)[]): string {
  return `{${list.map((attributes) => (attributes === null ? '"{}"' : elementOf(attributes))).join(',')}}`;
}

function elementOf(attributes: RecordAttributes): string {
  const known = elements.get(attributes);
  if (known !== undefined) return known;
  const element = `"${JSON.stringify(attributes).replace(/["\\]/g, '\\$&')}"`;
  elements.set(attributes, element);
  return element;
}
