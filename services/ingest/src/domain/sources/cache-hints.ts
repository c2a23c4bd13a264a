/** Milliseconds that a `Retry-After` header asks to wait, as seconds or as an HTTP date; null when it says nothing. */
export function retryAfterMs(header: string | undefined, now: Date): number | null {
  if (header === undefined) return null;
  const value = header.trim();
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime());
}

/** Milliseconds that a response stays fresh by `Cache-Control` or `Expires` (RFC 9111); 0 when it must be revalidated. */
export function freshForMs(headers: Readonly<Record<string, string | undefined>>, now: Date): number {
  const control = parseDirectives(headers['cache-control']);
  if (control.has('no-store') || control.has('no-cache')) return 0;
  const age = Math.max(0, Number.parseInt(headers['age'] ?? '0', 10) || 0);
  const maxAge = Number.parseInt(control.get('max-age') ?? '', 10);
  if (Number.isInteger(maxAge)) return Math.max(0, maxAge - age) * 1000;
  const expires = Date.parse(headers['expires'] ?? '');
  if (Number.isNaN(expires)) return 0;
  const date = Date.parse(headers['date'] ?? '');
  return Math.max(0, expires - (Number.isNaN(date) ? now.getTime() : date) - age * 1000);
}

function parseDirectives(header: string | undefined): Map<string, string> {
  const directives = new Map<string, string>();
  for (const part of (header ?? '').split(',')) {
    const [name, value] = part.split('=', 2);
    if (name !== undefined && name.trim() !== '')
      directives.set(name.trim().toLowerCase(), (value ?? '').trim().replaceAll('"', ''));
  }
  return directives;
}
