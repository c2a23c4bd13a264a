import type { TSchema } from 'typebox';

export const JSON_MEDIA_TYPE = 'application/json';

/** The media type of an answer: JSON, or what the schema says in `contentMediaType`. */
export function mediaTypeOf(schema: TSchema): string {
  const { contentMediaType } = schema as { readonly contentMediaType?: unknown };
  return typeof contentMediaType === 'string' ? contentMediaType : JSON_MEDIA_TYPE;
}
