import { type Kysely, sql } from 'kysely';
import type pg from 'pg';

/** A table that is range-partitioned by month on a `timestamptz` column, without a DEFAULT partition. */
export interface MonthlyTable {
  readonly schema: string;
  readonly table: string;
}

const SUFFIX = /_y(\d{4})m(\d{2})$/;

/**
 * Makes the partitions of the current month and of `aheadMonths` more. Idempotent. Run it in a migration and then daily:
 * rows of a month without a partition are refused.
 */
export async function ensurePartitions(
  client: pg.ClientBase | pg.Pool,
  target: MonthlyTable,
  options: { readonly aheadMonths: number; readonly now?: Date },
): Promise<readonly string[]> {
  const now = options.now ?? new Date();
  const existing = new Set(await partitionsOf(client, target));
  const created: string[] = [];
  for (let offset = 0; offset <= options.aheadMonths; offset += 1) {
    const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1));
    const to = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset + 1, 1));
    const name = partitionName(target.table, from);
    if (existing.has(name)) continue;
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${quote(target.schema)}.${quote(name)} PARTITION OF ${quote(target.schema)}.${quote(target.table)} ` +
        `FOR VALUES FROM ('${from.toISOString()}') TO ('${to.toISOString()}')`,
    );
    created.push(name);
  }
  return created;
}

/** Drops every partition whose whole month lies more than `keepMonths` before the current one. Needs the owner role. */
export async function dropPartitionsOlderThan(
  client: pg.ClientBase | pg.Pool,
  target: MonthlyTable,
  options: { readonly keepMonths: number; readonly now?: Date },
): Promise<readonly string[]> {
  const now = options.now ?? new Date();
  const oldest = now.getUTCFullYear() * 12 + now.getUTCMonth() - options.keepMonths;
  const dropped: string[] = [];
  for (const name of await partitionsOf(client, target)) {
    const match = SUFFIX.exec(name);
    if (match === null || Number(match[1]) * 12 + Number(match[2]) - 1 >= oldest) continue;
    await client.query(`DROP TABLE ${quote(target.schema)}.${quote(name)}`);
    dropped.push(name);
  }
  return dropped;
}

/** The SQL type of the boundary, for migrations that build the parent with Kysely's `sql`. */
export async function partitionByMonth(
  db: Kysely<unknown>,
  definition: { schema: string; table: string; columns: string; column: string },
): Promise<void> {
  await sql`CREATE TABLE ${sql.id(definition.schema, definition.table)} (${sql.raw(definition.columns)}) PARTITION BY RANGE (${sql.id(definition.column)})`.execute(
    db,
  );
}

async function partitionsOf(client: pg.ClientBase | pg.Pool, target: MonthlyTable): Promise<string[]> {
  const { rows } = await client.query<{ relname: string }>(
    `SELECT child.relname FROM pg_inherits
       JOIN pg_class child ON child.oid = inhrelid
       JOIN pg_class parent ON parent.oid = inhparent
       JOIN pg_namespace space ON space.oid = parent.relnamespace
      WHERE space.nspname = $1 AND parent.relname = $2 ORDER BY child.relname`,
    [target.schema, target.table],
  );
  return rows.map((row) => row.relname);
}

function partitionName(table: string, month: Date): string {
  return `${table}_y${month.getUTCFullYear()}m${String(month.getUTCMonth() + 1).padStart(2, '0')}`;
}

function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
