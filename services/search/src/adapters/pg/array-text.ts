/**
 * A list as the text of a PostgreSQL array. Lists of rows travel as texts and are cast row by row, because `unnest` of an
 * array of arrays would flatten them, and taking them out of JSON costs a subquery for each row.
 */
export function arrayText(list: readonly string[]): string {
  return `{${list.map((item) => `"${item.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
