/**
 * The opening of a transaction that reads the next rows along an index. The planner takes row-level security for a filter
 * that leaves almost nothing, and would read and sort all rows behind the cursor for the first few of them. Without sorting
 * it walks the index; where it must sort all the same, the price that it then sees must not make it compile.
 */
export const READ_IN_ORDER = `SELECT set_config('enable_sort', 'off', true), set_config('jit', 'off', true)`;
