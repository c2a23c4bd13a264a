const SUSPICIOUS = /%|\\|\/\/|\/\.{1,2}(?:\/|$)|[^\x21-\x7e]/;
const FORBIDDEN_ENCODED = /%(?:2f|5c|00|0[0-9a-f]|1[0-9a-f]|7f)/i;
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)(.*)$/i;

/** A request target taken apart. `path` starts with `/`; `search` is empty or starts with `?`. */
export interface RequestTarget {
  readonly path: string;
  readonly search: string;
}

/**
 * Takes a request target apart and refuses what two parsers could read differently: dot segments, empty segments,
 * backslashes, encoded slashes and control characters, broken percent-encoding, and another authority than `host`.
 * @returns null when the target is not acceptable
 */
export function parseRequestTarget(target: string, host: string | undefined): RequestTarget | null {
  let rest = target;
  if (target.charCodeAt(0) !== 47) {
    const absolute = ABSOLUTE_FORM.exec(target);
    if (absolute === null || absolute[1]?.toLowerCase() !== host?.toLowerCase()) return null;
    rest = absolute[2] === '' ? '/' : (absolute[2] ?? '/');
    if (rest.charCodeAt(0) !== 47) return null;
  }
  const query = rest.indexOf('?');
  const path = query === -1 ? rest : rest.slice(0, query);
  const search = query === -1 ? '' : rest.slice(query);
  if (SUSPICIOUS.test(path) && !isAcceptable(path)) return null;
  if (rest.includes('#')) return null;
  return { path, search };
}

function isAcceptable(path: string): boolean {
  if (path.includes('\\') || path.includes('//') || /[^\x21-\x7e]/.test(path)) return false;
  if (FORBIDDEN_ENCODED.test(path) || DOT_SEGMENT.test(path)) return false;
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
