import { TextDecoder } from 'node:util';

const SNIFFED_BYTES = 4096;

/**
 * Bytes to text: byte order mark, then the charset of `Content-Type`, then what the document declares (XML or meta),
 * then UTF-8. Unknown labels fall through. Malformed sequences become U+FFFD.
 */
export function decodeBody(body: Uint8Array, contentType: string | undefined): string {
  const label = byteOrderMark(body) ?? charsetOf(contentType) ?? declaredCharset(body);
  return (decoderFor(label) ?? new TextDecoder('utf-8')).decode(body);
}

function byteOrderMark(body: Uint8Array): string | null {
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) return 'utf-8';
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be';
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le';
  return null;
}

function charsetOf(contentType: string | undefined): string | null {
  return /charset\s*=\s*["']?([^\s"';]+)/i.exec(contentType ?? '')?.[1] ?? null;
}

function declaredCharset(body: Uint8Array): string | null {
  const head = new TextDecoder('latin1').decode(body.subarray(0, SNIFFED_BYTES));
  return (
    /^\s*<\?xml[^>]*\bencoding\s*=\s*["']([^"']+)["']/i.exec(head)?.[1] ??
    /<meta[^>]+charset\s*=\s*["']?([^\s"'/>;]+)/i.exec(head)?.[1] ??
    null
  );
}

function decoderFor(label: string | null): TextDecoder | null {
  if (label === null) return null;
  try {
    return new TextDecoder(label);
  } catch {
    return null;
  }
}
