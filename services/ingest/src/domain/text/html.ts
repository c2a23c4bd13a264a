import { type CheerioAPI, load } from 'cheerio/slim';
import { type Converted, toInstant, toLanguage } from './converted.ts';

const DROPPED =
  'script, style, noscript, template, svg, canvas, iframe, object, embed, head, form, button, select, textarea, input, [hidden], [aria-hidden="true"]';
const FURNITURE =
  'nav, aside, footer, header[role="banner"], [role="navigation"], [role="complementary"], [role="contentinfo"]';
const BLOCKS = new Set(
  'address article blockquote caption center dd details div dl dt fieldset figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr li main nav ol p pre section summary table tbody tfoot thead tr ul body html'.split(
    ' ',
  ),
);
/** What the walk needs of a parsed node. */
interface MarkupNode {
  readonly type: string;
  readonly name?: string;
  readonly data?: string;
  readonly attribs?: Readonly<Record<string, string>>;
  readonly children?: readonly MarkupNode[];
}

const MAIN_SHARE = 0.4;
const DEPTH_MAX = 500;

/**
 * HTML to text: scripts, styles, forms and hidden parts dropped, entities decoded, blocks on lines of their own. In a
 * whole page, navigation and the like are dropped and `main` or `article` is preferred when it holds enough of the text.
 */
export function htmlToText(source: string): Converted {
  const isPage = /<(?:html|body|head)[\s>]/i.test(source);
  const $ = load(source, undefined, isPage);
  const about = isPage ? metadataOf($) : null;
  $(DROPPED).remove();
  if (isPage) $(FURNITURE).remove();
  const root = isPage ? mainOf($) : $.root().get(0);
  const text = root === undefined ? '' : textOf(root);
  return {
    text,
    title: about?.title ?? ($('h1').first().text().trim() || null),
    language: about?.language ?? null,
    authors: about?.authors ?? [],
    topics: about?.topics ?? [],
    publishedAt: about?.publishedAt ?? null,
    url: about?.url ?? null,
  };
}

/** What a page says about itself in its head. */
export function metadataOf($: CheerioAPI): Omit<Converted, 'text'> {
  const meta = (...names: string[]): string | null => {
    for (const name of names) {
      const content = $(`meta[property="${name}"], meta[name="${name}"]`).first().attr('content')?.trim();
      if (content !== undefined && content !== '') return content;
    }
    return null;
  };
  const author = meta('author', 'article:author');
  const canonical = $('link[rel="canonical"]').attr('href') ?? null;
  return {
    title: meta('og:title') ?? ($('title').first().text().trim() || null),
    language: toLanguage($('html').attr('lang')),
    authors: author === null || author.startsWith('http') ? [] : [author],
    topics: (meta('keywords', 'news_keywords') ?? '')
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '')
      .slice(0, 20),
    publishedAt: toInstant(
      meta('article:published_time', 'date', 'dc.date', 'DC.date.issued') ??
        $('time[datetime]').first().attr('datetime'),
    ),
    url: canonical !== null && /^https?:\/\//.test(canonical) ? canonical : null,
  };
}

function mainOf($: CheerioAPI): MarkupNode | undefined {
  const body = $('body').get(0);
  if (body === undefined) return $.root().get(0);
  const whole = $(body).text().length;
  for (const selector of ['main', '[role="main"]', 'article']) {
    const found = $(selector);
    const first = found.get(0);
    if (found.length === 1 && first !== undefined && $(first).text().length >= whole * MAIN_SHARE) return first;
  }
  return body;
}

function textOf(root: MarkupNode): string {
  const parts: string[] = [];
  const visit = (node: MarkupNode, isPreformatted: boolean, depth: number): void => {
    if (node.type === 'text') {
      const data = node.data ?? '';
      parts.push(isPreformatted ? data : data.replaceAll(/\s+/g, ' '));
      return;
    }
    if (node.type === 'comment' || depth > DEPTH_MAX) return;
    const name = node.name ?? '';
    if (name === 'br') parts.push('\n');
    const isBlock = BLOCKS.has(name);
    if (isBlock) parts.push(name === 'li' ? '\n- ' : name === 'tr' || name === 'dt' || name === 'dd' ? '\n' : '\n\n');
    if (name === 'td' || name === 'th') parts.push(' ');
    if (name === 'img') parts.push(node.attribs?.['alt'] ?? '');
    for (const child of node.children ?? []) visit(child, isPreformatted || name === 'pre', depth + 1);
    if (isBlock && name !== 'li') parts.push('\n\n');
    if (name === 'td' || name === 'th') parts.push(' ');
  };
  visit(root, false, 0);
  return parts
    .join('')
    .replaceAll(/[ \t]+/g, ' ')
    .replaceAll(/ ?\n ?/g, '\n');
}
