/**
 * Joins `wanted` with the rows of a table that a condition names, as `held`, by one look-up in the index for each.
 * The planner takes row-level security for a filter that leaves almost nothing; a plain join would therefore go through
 * the whole table. `OFFSET 0` keeps it from turning this into one. The condition should be the key and nothing else: more
 * might make a partial index look better than that of the key.
 */
export function lookUp(table: string, condition: string): string {
  return `CROSS JOIN LATERAL (SELECT * FROM search.${table} held WHERE ${condition} OFFSET 0) held`;
}

/** The condition that the key of a record is the wanted one. */
export const BY_ID = 'held.tenant_id = wanted.tenant_id AND held.id = wanted.id';
