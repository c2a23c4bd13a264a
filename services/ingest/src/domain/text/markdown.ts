import { Marked, type Token, type Tokens } from 'marked';
import { parseDocument } from 'yaml';
import { type Converted, plainText, toInstant, toLanguage } from './converted.ts';
import { htmlToText } from './html.ts';

const FRONT_MATTER = /^\uFEFF?---[ \t]*\r?\n([\s\S]{0,20000}?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/;
const marked = new Marked({ gfm: true });

/** Markdown (CommonMark with tables and front matter) to text. Code stays, link targets and images' URLs go. */
export function markdownToText(source: string): Converted {
  const front = FRONT_MATTER.exec(source);
  const body = front === null ? source : source.slice(front[0].length);
  const tokens = marked.lexer(body);
  const heading = tokens.find((token): token is Tokens.Heading => token.type === 'heading' && token.depth === 1);
  const text = blocks(tokens);
  const converted = { ...plainText(text), title: heading === undefined ? null : inline(heading.tokens) };
  return front === null ? converted : withFrontMatter(converted, front[1] as string);
}

function blocks(tokens: readonly Token[]): string {
  return tokens
    .map(block)
    .filter((part) => part !== '')
    .join('\n\n');
}

function block(token: Token): string {
  switch (token.type) {
    case 'space':
    case 'hr':
    case 'def':
      return '';
    case 'code':
      return (token as Tokens.Code).text;
    case 'html':
      return htmlToText((token as Tokens.HTML).text).text;
    case 'blockquote':
      return blocks((token as Tokens.Blockquote).tokens);
    case 'list':
      return (token as Tokens.List).items.map((item) => `- ${blocks(item.tokens).replaceAll('\n\n', '\n')}`).join('\n');
    case 'table':
      return tableText(token as Tokens.Table);
    default:
      return inlineOf(token);
  }
}

function tableText({ header, rows }: Tokens.Table): string {
  return [header, ...rows].map((row) => row.map((cell) => inline(cell.tokens)).join(' | ')).join('\n');
}

function inline(tokens: readonly Token[]): string {
  return tokens.map(inlineOf).join('');
}

function inlineOf(token: Token): string {
  if (token.type === 'br') return '\n';
  if (token.type === 'html') return '';
  if (token.type === 'image') return (token as Tokens.Image).text;
  if ('tokens' in token && Array.isArray(token.tokens) && token.tokens.length > 0) return inline(token.tokens);
  return 'text' in token && typeof token.text === 'string' ? decodeEntities(token.text) : '';
}

function decodeEntities(text: string): string {
  return text.includes('&') ? htmlToText(text).text || text : text;
}

function withFrontMatter(converted: Converted, source: string): Converted {
  let fields: Record<string, unknown>;
  try {
    const parsed: unknown = parseDocument(source, { schema: 'core' }).toJS({ maxAliasCount: 0 });
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return converted;
    fields = parsed as Record<string, unknown>;
  } catch {
    return converted;
  }
  const strings = (value: unknown): string[] =>
    (Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [])
      .filter((item): item is string => typeof item === 'string')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  return {
    ...converted,
    title: typeof fields['title'] === 'string' ? fields['title'] : converted.title,
    language: toLanguage(fields['lang'] ?? fields['language']),
    authors: strings(fields['authors'] ?? fields['author']),
    topics: strings(fields['tags'] ?? fields['topics'] ?? fields['categories']),
    publishedAt: toInstant(fields['date'] ?? fields['published']),
    url: typeof fields['url'] === 'string' && /^https?:\/\//.test(fields['url']) ? fields['url'] : null,
  };
}
