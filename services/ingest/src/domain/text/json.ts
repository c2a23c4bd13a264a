import { type Converted, plainText, toInstant, toLanguage } from './converted.ts';

const TITLE_FIELDS = ['title', 'name', 'headline', 'subject'];
const TEXT_FIELDS = [
  'text',
  'body',
  'content',
  'contentText',
  'content_text',
  'articleBody',
  'description',
  'abstract',
  'summary',
];
const SKIPPED = /^(?:id|_id|uuid|guid|hash|etag|url|href|link|src|image|thumbnail|created_?at|updated_?at|timestamp)$/i;
const DEPTH_MAX = 20;
const LEAVES_MAX = 20_000;

/** JSON to text: the usual text and title fields when there are any, else every readable value with its name. */
export function jsonToText(value: unknown): Converted {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return plainText(flatten(value));
  const fields = value as Record<string, unknown>;
  const stringOf = (names: readonly string[]): string | null => {
    for (const name of names) {
      const field = fields[name];
      if (typeof field === 'string' && field.trim() !== '') return field;
    }
    return null;
  };
  const url = stringOf(['url', 'link', '@id']);
  const text = stringOf(TEXT_FIELDS);
  return {
    text: text ?? flatten(value),
    title: stringOf(TITLE_FIELDS),
    language: toLanguage(fields['language'] ?? fields['lang'] ?? fields['inLanguage']),
    authors: [stringOf(['author', 'creator'])].filter((author) => author !== null),
    topics: Array.isArray(fields['tags']) ? fields['tags'].filter((tag): tag is string => typeof tag === 'string') : [],
    publishedAt: toInstant(fields['publishedAt'] ?? fields['published'] ?? fields['datePublished'] ?? fields['date']),
    url: url !== null && /^https?:\/\//.test(url) ? url : null,
  };
}

function flatten(value: unknown): string {
  const lines: string[] = [];
  const visit = (node: unknown, name: string, depth: number): void => {
    if (lines.length >= LEAVES_MAX || depth > DEPTH_MAX) return;
    if (Array.isArray(node)) for (const item of node) visit(item, name, depth + 1);
    else if (typeof node === 'object' && node !== null) {
      for (const [key, item] of Object.entries(node)) if (!SKIPPED.test(key)) visit(item, key, depth + 1);
    } else if (typeof node === 'string' || typeof node === 'number' || typeof node === 'boolean') {
      lines.push(name === '' ? String(node) : `${name}: ${node}`);
    }
  };
  visit(value, '', 0);
  return lines.join('\n');
}
