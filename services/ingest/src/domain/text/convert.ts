import type { ContentFormat } from '@peermesh/contracts/ingest';
import { ingestErrors } from '@peermesh/errors';
import { type Converted, plainText } from './converted.ts';
import { htmlToText } from './html.ts';
import { jsonToText } from './json.ts';
import { markdownToText } from './markdown.ts';

/** The media type of each format. */
export const MEDIA_TYPES: Readonly<Record<ContentFormat, string>> = {
  text: 'text/plain',
  markdown: 'text/markdown',
  html: 'text/html',
  json: 'application/json',
};

/** Converts a body to text. Throws PM_INGEST_CONTENT_UNREADABLE when the body does not fit its format. */
export function convert(format: ContentFormat, body: unknown): Converted {
  if (format === 'json') return jsonToText(typeof body === 'string' ? parseJson(body) : body);
  if (typeof body !== 'string') {
    throw ingestErrors.contentUnreadable({ detail: `A body of format "${format}" must be a string.` });
  }
  if (format === 'markdown') return markdownToText(body);
  if (format === 'html') return htmlToText(body);
  return plainText(body);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw ingestErrors.contentUnreadable({ detail: 'The body is not valid JSON.', cause });
  }
}
