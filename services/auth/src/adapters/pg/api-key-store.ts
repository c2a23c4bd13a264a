import type { ApiKeyRow, Tx } from './schema.ts';

export async function listApiKeys(
  tx: Tx,
  userId: string,
  window: { readonly limit: number; readonly offset: number },
): Promise<{ items: ApiKeyRow[]; total: number }> {
  const query = tx.query.selectFrom('auth_api_keys').where('user_id', '=', userId);
  const { total } = await query.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow();
  const page = query.selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc').limit(window.limit);
  return { items: await page.offset(window.offset).execute(), total: Number(total) };
}

export async function findApiKey(tx: Tx, id: string): Promise<ApiKeyRow | null> {
  return (await tx.query.selectFrom('auth_api_keys').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
}
