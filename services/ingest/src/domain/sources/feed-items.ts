import { createHash } from 'node:crypto';
import { ingestErrors } from '@peermesh/errors';
import { parseFeed } from 'feedsmith';
import type { IncomingItem } from '../intake.ts';
import { plainText, toInstant, toLanguage } from '../text/converted.ts';
import { htmlToText } from '../text/html.ts';

/** What a feed says, in one shape for RSS, Atom, RDF and JSON Feed. */
export interface FeedContent {
  readonly title: string | null;
  readonly language: string | null;
  readonly items: readonly IncomingItem[];
  /** How long the feed asks to be left alone (`ttl`, `sy:updatePeriod`). */
  readonly ttlMs: number | null;
}

type Loose = Readonly<Record<string, unknown>>;

/** Parses a feed of any known format. Throws PM_INGEST_CONTENT_UNREADABLE for anything else. */
export function readFeed(source: string, feedUrl: string, itemsMax: number): FeedContent {
  let feed: Loose;
  try {
    feed = parseFeed(source.replace(/^\s+/, '')).feed as Loose;
  } catch (cause) {
    throw ingestErrors.contentUnreadable({ detail: 'The body is not a feed that can be parsed.', cause });
  }
  const entries = arrayOf(feed['items'] ?? feed['entries']).slice(0, itemsMax);
  const language = toLanguage(feed['language']);
  return {
    title: textOf(feed['title']),
    language,
    items: entries.map((entry) => toItem(entry, feedUrl, language)).filter((item) => item !== null),
    ttlMs: ttlOf(feed),
  };
}

function toItem(entry: Loose, feedUrl: string, language: string | null): IncomingItem | null {
  const title = textOf(entry['title']);
  const html = [
    entry['content_html'],
    pathOf(entry, 'content', 'encoded'),
    entry['content'],
    entry['summary'],
    entry['description'],
  ]
    .map(textOf)
    .find((value) => value !== null);
  const text = textOf(entry['content_text']);
  const body = html !== undefined && html !== null ? htmlToText(html).text : (text ?? '');
  if (title === null && body.trim() === '') return null;
  const url = absolute(linkOf(entry), feedUrl);
  const publishedAt = toInstant(
    textOf(
      entry['date_published'] ??
        entry['published'] ??
        entry['pubDate'] ??
        pathOf(entry, 'dc', 'date') ??
        entry['updated'],
    ),
  );
  return {
    converted: { ...plainText(body.trim() === '' ? (title as string) : body), title, language },
    mediaType: html === undefined ? 'text/plain' : 'text/html',
    itemKey: identityOf(entry, url, title, body),
    authors: authorsOf(entry),
    topics: topicsOf(entry),
    ...(url === null ? {} : { url }),
    ...(publishedAt === null ? {} : { publishedAt }),
  };
}

function identityOf(entry: Loose, url: string | null, title: string | null, body: string): string {
  const guid = textOf(pathOf(entry, 'guid', 'value') ?? entry['guid'] ?? entry['id']);
  const key =
    guid ??
    url ??
    `sha256:${createHash('sha256')
      .update(`${title ?? ''}\n${body}`)
      .digest('hex')}`;
  return key.length <= 2048 ? key : `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

function linkOf(entry: Loose): string | null {
  const links = arrayOf(entry['links']);
  const alternate = links.find((link) => link['rel'] === undefined || link['rel'] === 'alternate');
  return textOf(entry['url'] ?? entry['link'] ?? alternate?.['href'] ?? entry['external_url']);
}

function authorsOf(entry: Loose): string[] {
  const authors = [
    ...arrayLike(entry['authors']),
    ...arrayLike(pathOf(entry, 'dc', 'creators')),
    pathOf(entry, 'dc', 'creator'),
  ];
  return authors.map((author) => textOf(isLoose(author) ? author['name'] : author)).filter((name) => name !== null);
}

function topicsOf(entry: Loose): string[] {
  return [...arrayLike(entry['tags']), ...arrayLike(entry['categories'])]
    .map((topic) => textOf(isLoose(topic) ? (topic['name'] ?? topic['label'] ?? topic['term']) : topic))
    .filter((topic) => topic !== null && topic.length <= 100)
    .slice(0, 20) as string[];
}

function ttlOf(feed: Loose): number | null {
  const ttlMinutes = Number(feed['ttl']);
  if (Number.isFinite(ttlMinutes) && ttlMinutes > 0) return ttlMinutes * 60_000;
  const period = { hourly: 1, daily: 24, weekly: 168, monthly: 720, yearly: 8760 }[
    String(pathOf(feed, 'sy', 'updatePeriod'))
  ];
  const frequency = Number(pathOf(feed, 'sy', 'updateFrequency') ?? 1);
  return period === undefined || !(frequency > 0) ? null : (period / frequency) * 3_600_000;
}

function absolute(link: string | null, base: string): string | null {
  if (link === null || !URL.canParse(link, base)) return null;
  const url = new URL(link, base);
  return /^https?:$/.test(url.protocol) && url.href.length <= 2048 ? url.href : null;
}

function textOf(value: unknown): string | null {
  if (isLoose(value)) return textOf(value['value'] ?? value['#text']);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

const isLoose = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const arrayLike = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const arrayOf = (value: unknown): Loose[] => arrayLike(value).filter(isLoose);
const pathOf = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((node, key) => (isLoose(node) ? node[key] : undefined), value);
