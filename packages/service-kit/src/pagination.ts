/** The window that a page request means. */
export function windowOf(query: { readonly page?: number; readonly limit?: number }): {
  page: number;
  limit: number;
  offset: number;
} {
  const page = query.page ?? 1;
  const limit = query.limit ?? 20;
  return { page, limit, offset: (page - 1) * limit };
}

/** One page of items as the contracts shape it. */
export function pageOf<Item>(
  items: readonly Item[],
  total: number,
  query: { readonly page?: number; readonly limit?: number },
): { items: Item[]; page: number; limit: number; total: number } {
  const { page, limit } = windowOf(query);
  return { items: [...items], page, limit, total };
}
