import { type Static, type TArray, type TInteger, type TObject, type TSchema, Type } from 'typebox';

/** `?page=1&limit=20`: pages count from 1; a page beyond the end is empty, not an error. */
export const PageQuery = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 20 })),
});
/** A page request. */
export type PageQuery = Static<typeof PageQuery>;

/** Schema of one page of items with the total over all pages. */
export function Page<Item extends TSchema>(
  item: Item,
): TObject<{ items: TArray<Item>; page: TInteger; limit: TInteger; total: TInteger }> {
  return Type.Object({
    items: Type.Array(item),
    page: Type.Integer({ minimum: 1 }),
    limit: Type.Integer({ minimum: 1 }),
    total: Type.Integer({ minimum: 0 }),
  });
}
