const LIMIT = 200;

interface OnePage<Item> {
  readonly body: { readonly items: readonly Item[]; readonly total: number };
}

/** The items of all pages of a list. */
export async function allPages<Item>(
  read: (query: { readonly page: number; readonly limit: number }) => Promise<OnePage<Item>>,
): Promise<Item[]> {
  const items: Item[] = [];
  for (let page = 1; ; page += 1) {
    const { body } = await read({ page, limit: LIMIT });
    items.push(...body.items);
    if (body.items.length === 0 || items.length >= body.total) return items;
  }
}
