const SPECIAL = /["\\]/;

/**
 * A list as the text of a PostgreSQL array. Lists of rows travel as texts and are cast row by row, because `unnest` of an
 * array of arrays would flatten them, and taking them out of JSON costs a subquery for each row. As a parameter it spares
 * the driver from looking at each element.
 */
export function arrayText(list: readonly string[]): string {
  if (list.length === 0) return '{}';
  if (!SPECIAL.test(list.join(''))) return `{"${list.join('","')}"}`;
  return `{${list.map((item) => `"${item.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

/** The same for numbers and truth values. */
export function plainArrayText(list: readonly (number | boolean)[]): string {
  return `{${list.join(',')}}`;
}
