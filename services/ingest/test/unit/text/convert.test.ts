import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasErrorCode } from '@peermesh/errors';
import { convert } from '../../../src/domain/text/convert.ts';
import { normalizeLine, normalizeText } from '../../../src/domain/text/normalize-text.ts';
import { pageToText } from '../../../src/domain/text/page.ts';

const textOf = (format: 'html' | 'markdown' | 'json' | 'text', body: unknown): string =>
  normalizeText(convert(format, body).text);

test('normalizes to NFC without control characters, zero widths and lone surrogates', () => {
  assert.equal(normalizeText('e\u0301\u0000\u200b a\u0007\r\nb\ud800\u2028c  \n\n\n\nd'), '\u00e9 a\nb\ufffd\nc\n\nd');
  assert.equal(normalizeLine(' a\n\t b ', 10), 'a b');
  assert.equal(normalizeLine('x'.repeat(20), 10), `${'x'.repeat(9)}…`);
  assert.equal(normalizeLine('\u0000 \n', 10), null);
});

test('drops scripts, styles, forms and comments from HTML and decodes entities', () => {
  const html =
    '<style>p{}</style><p>A &amp; B &lt;c&gt; &eacute;</p><!-- no --><script>alert("x")</script><form>f</form><p hidden>h</p>';
  assert.equal(textOf('html', html), 'A & B <c> é');
});

test('keeps blocks, list items and cells apart', () => {
  assert.equal(
    textOf('html', '<h1>T</h1><ul><li>one</li><li>two</li></ul><table><tr><td>a</td><td>b</td></tr></table>x<br>y'),
    'T\n\n- one\n- two\n\na b\n\nx\ny',
  );
});

test('takes the article of a page and leaves its furniture', () => {
  const page = `<html lang="de"><head><title>Seite</title><meta name="author" content="Ann"></head><body><nav>Menü</nav><main><p>${'Der Inhalt. '.repeat(30)}</p></main><footer>Impressum</footer></body></html>`;
  const converted = convert('html', page);
  assert.equal(converted.title, 'Seite');
  assert.equal(converted.language, 'de');
  assert.deepEqual(converted.authors, ['Ann']);
  assert.ok(!/Menü|Impressum/.test(converted.text));
});

test('survives hostile HTML: deep nesting, unclosed tags, nonsense', () => {
  assert.equal(typeof textOf('html', '<div>'.repeat(20_000)), 'string');
  assert.equal(textOf('html', '<p>open <b>bold'), 'open bold');
  assert.equal(textOf('html', '<<<>>>&&&;'), '<<<>>>&&&;'.replace('<<<>>>', '<<<>>>'));
});

test('reads Markdown with front matter, code, tables and entities', () => {
  const source =
    '---\ntitle: Hi\ntags: [a, b]\ndate: 2024-01-02\nlang: en\n---\n# Head &amp; tail\n\nSome *em* [link](http://x) `x<1`\n\n|a|b|\n|-|-|\n|1|2|\n\n<script>alert(1)</script>\n';
  const converted = convert('markdown', source);
  assert.equal(converted.title, 'Hi');
  assert.deepEqual(converted.topics, ['a', 'b']);
  assert.equal(converted.publishedAt, '2024-01-02T00:00:00.000Z');
  assert.equal(normalizeText(converted.text), 'Head & tail\n\nSome em link x<1\n\na | b\n1 | 2');
});

test('ignores front matter that is no mapping or a bomb', () => {
  const bomb = '---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n---\ntext';
  assert.equal(textOf('markdown', bomb), 'text');
  assert.equal(textOf('markdown', '---\n- 1\n- 2\n---\ntext'), 'text');
});

test('finds the text fields of JSON, else every readable value', () => {
  assert.equal(textOf('json', { title: 'T', body: 'text', id: 1 }), 'text');
  assert.equal(convert('json', { title: 'T', body: 'text' }).title, 'T');
  assert.equal(textOf('json', '{"a":{"b":"c"},"n":[1,true,null],"id":"x"}'), 'b: c\nn: 1\nn: true');
});

test('says so when a body does not fit its format', () => {
  const isUnreadable = (error: unknown): boolean => hasErrorCode(error, 'PM_INGEST_CONTENT_UNREADABLE');
  assert.throws(() => convert('json', '{'), isUnreadable);
  assert.throws(() => convert('html', { a: 1 }), isUnreadable);
});

test('extracts the article of a fetched page', () => {
  const paragraph =
    '<p>The committee met on Tuesday, and after a long debate, it agreed to publish the full report of the inquiry.</p>';
  const page = `<html><head><title>Report | Site</title></head><body><div class="sidebar">Related links</div><div id="content"><h1>Report</h1>${paragraph.repeat(8)}</div></body></html>`;
  const converted = pageToText(page, 'https://example.org/report');
  assert.match(converted.text, /committee met on Tuesday/);
  assert.equal(converted.url, 'https://example.org/report');
  assert.match(pageToText('<p>short</p>', 'https://example.org/').text, /short/);
});
