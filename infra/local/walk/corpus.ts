import { isUtf8 } from 'node:buffer';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join, relative, resolve } from 'node:path';
import type { SubmitContent } from '@peermesh/contracts/ingest';
import { LauncherError } from '../launcher-error.ts';

const FORMATS: Readonly<Record<string, 'text' | 'markdown' | 'html' | 'jsonl'>> = {
  '.txt': 'text',
  '.text': 'text',
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.html': 'html',
  '.htm': 'html',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
};
const BODY_CHARACTERS_MAX = 900_000;
const SKIPPED_FOLDERS = new Set(['node_modules', '.git', '.peermesh', 'dist']);

/** What a folder held. */
export interface Corpus {
  readonly items: readonly SubmitContent[];
  /** Why files or lines were left out. */
  readonly skipped: readonly string[];
}

/** Reads text, Markdown, HTML and JSONL from a folder and those below, or from one file. */
export function readCorpus(path: string): Corpus {
  const root = resolve(path);
  const stats = statSync(root, { throwIfNoEntry: false });
  if (stats === undefined) throw new LauncherError(`there is no ${root}`, 'pass a folder or file of text to --corpus');
  const folder = stats.isDirectory() ? root : join(root, '..');
  const skipped: string[] = [];
  const items = (stats.isDirectory() ? filesBelow(root) : [root]).flatMap((file) => itemsOf(file, folder, skipped));
  if (items.length === 0) {
    const known = Object.keys(FORMATS).join(', ');
    throw new LauncherError(`there is no text in ${root}`, `put files of these kinds into it: ${known}`);
  }
  return { items, skipped };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : filesBelow(path);
      return entry.isFile() && extname(entry.name).toLowerCase() in FORMATS ? [path] : [];
    });
}

function itemsOf(file: string, folder: string, skipped: string[]): SubmitContent[] {
  const name = relative(folder, file);
  const bytes = readFileSync(file);
  if (!isUtf8(bytes)) return skip(skipped, `${name}: is not UTF-8`);
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  const format = FORMATS[extname(file).toLowerCase()];
  if (format === 'jsonl')
    return text.split('\n').flatMap((line, index) => itemOfLine(line, `${name}:${index + 1}`, skipped));
  if (text.trim() === '') return skip(skipped, `${name}: is empty`);
  if (text.length > BODY_CHARACTERS_MAX)
    return skip(skipped, `${name}: is longer than ${BODY_CHARACTERS_MAX} characters`);
  return [
    { format: format ?? 'text', body: text, itemKey: name, metadata: { file: name }, ...titleOfText(format, file) },
  ];
}

/** Text files have no title of their own; intake finds those of Markdown and HTML. */
function titleOfText(format: string | undefined, file: string): { title?: string } {
  return format === 'text' ? { title: basename(file, extname(file)).replaceAll(/[-_]+/g, ' ') } : {};
}

function itemOfLine(line: string, place: string, skipped: string[]): SubmitContent[] {
  if (line.trim() === '') return [];
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return skip(skipped, `${place}: is not JSON`);
  }
  const body = firstText(record, ['text', 'body', 'content', 'abstract', 'contents']);
  if (body === undefined) return skip(skipped, `${place}: has no text, body, content or abstract`);
  if (body.length > BODY_CHARACTERS_MAX) return skip(skipped, `${place}: is too long`);
  const title = firstText(record, ['title', 'headline', 'name']);
  const url = firstText(record, ['url', 'link']);
  const id = firstText(record, ['id', '_id', 'docno']) ?? place;
  return [
    {
      format: 'text',
      body,
      itemKey: id,
      metadata: { file: place },
      ...(title === undefined ? {} : { title: title.slice(0, 1_000) }),
      ...(url !== undefined && /^https?:\/\//.test(url) ? { url } : {}),
    },
  ];
}

function firstText(record: Readonly<Record<string, unknown>>, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = record[key];
    if (typeof value === 'string' && value.trim() !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

function skip(skipped: string[], reason: string): [] {
  skipped.push(reason);
  return [];
}
