import { Readability } from '@mozilla/readability';
import { load } from 'cheerio/slim';
import { parseHTML } from 'linkedom';
import type { Converted } from './converted.ts';
import { htmlToText, metadataOf } from './html.ts';

type ReadabilityDocument = ConstructorParameters<typeof Readability>[0];

const ARTICLE_CHARACTERS_MIN = 200;
const ELEMENTS_MAX = 50_000;

/** The main text of a fetched web page (Mozilla Readability); the whole page's text when no article stands out. */
export function pageToText(source: string, url: string): Converted {
  const whole = htmlToText(source);
  const { document } = parseHTML(source);
  const article = new Readability(document as unknown as ReadabilityDocument, {
    maxElemsToParse: ELEMENTS_MAX,
  }).parse();
  const content = article?.content ?? '';
  const text = content === '' ? '' : htmlToText(content).text;
  const about = metadataOf(load(source));
  return {
    ...whole,
    ...about,
    text: text.trim().length >= ARTICLE_CHARACTERS_MIN ? text : whole.text,
    title: article?.title?.trim() || about.title || whole.title,
    url: about.url ?? url,
  };
}
