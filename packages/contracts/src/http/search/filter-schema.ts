import { type Static, type TSchema, Type } from 'typebox';

/** Fields that filters and facets may name. */
export const FILTER_FIELDS = [
  'type',
  'id',
  'source',
  'language',
  'topic',
  'mediaType',
  'author',
  'entityType',
  'publishedAt',
  'updatedAt',
] as const;
/** A field that filters may name. */
export type FilterField = (typeof FILTER_FIELDS)[number];

const Value = Type.Union([Type.String({ maxLength: 2048 }), Type.Number()]);

/** One condition: exactly one comparison or a pair of bounds. */
export const Condition = Type.Object(
  {
    field: Type.Enum(FILTER_FIELDS),
    eq: Type.Optional(Value),
    in: Type.Optional(Type.Array(Value, { minItems: 1, maxItems: 200 })),
    gte: Type.Optional(Value),
    gt: Type.Optional(Value),
    lte: Type.Optional(Value),
    lt: Type.Optional(Value),
    exists: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false, minProperties: 2 },
);
/** One condition. */
export type Condition = Static<typeof Condition>;

/** A tree of conditions. */
export type Filter = Condition | { and: Filter[] } | { or: Filter[] } | { not: Filter };

/** A tree of conditions, at most four levels deep. */
export const Filter = Type.Unsafe<Filter>(nested(4));

function nested(depth: number): TSchema {
  if (depth === 1) return Condition;
  const inner = nested(depth - 1);
  const list = Type.Array(inner, { minItems: 1, maxItems: 50 });
  return Type.Union([
    Condition,
    Type.Object({ and: list }, { additionalProperties: false }),
    Type.Object({ or: list }, { additionalProperties: false }),
    Type.Object({ not: inner }, { additionalProperties: false }),
  ]);
}
