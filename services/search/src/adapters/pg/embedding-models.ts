import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { Database } from '@peermesh/database';
import type { LsaModel } from '../../domain/vector/lsa.ts';

/** Stores a trained space under a name made from its content; returns the space id. */
export async function storeModel(db: Database<unknown>, model: LsaModel, documents: number): Promise<string> {
  const bytes = serialize(model);
  const revision = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const space = `lsa@${revision}/${model.dims}`;
  await db.pool.query(
    'INSERT INTO search.search_embedding_models (space_id, documents, model) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [space, documents, bytes],
  );
  return space;
}

/** Reads a trained space; null when there is none of this name. */
export async function readModel(db: Database<unknown>, space: string): Promise<LsaModel | null> {
  const { rows } = await db.pool.query<{ model: Buffer }>(
    'SELECT model FROM search.search_embedding_models WHERE space_id = $1',
    [space],
  );
  const bytes = rows[0]?.model;
  return bytes === undefined ? null : (deserialize(bytes) as LsaModel);
}
