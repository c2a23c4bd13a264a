import robotsParserModule from 'robots-parser';

/** The package is CommonJS and its types describe an ES default export. */
const robotsParser = robotsParserModule as unknown as typeof robotsParserModule.default;

/** What is known of a host's robots.txt. */
export type RobotsState =
  | { readonly kind: 'rules'; readonly body: string }
  /** 4xx: the host has no rules (RFC 9309, 2.3.1.3). */
  | { readonly kind: 'absent' }
  /** 5xx or unreachable: everything is disallowed for now (RFC 9309, 2.3.1.4). */
  | { readonly kind: 'unreachable' };

/** Whether a URL may be fetched, and how long to wait between fetches of its host. */
export interface RobotsVerdict {
  readonly allowed: boolean;
  readonly crawlDelayMs: number | null;
}

/** robots.txt must be read up to this size; what is beyond may be ignored (RFC 9309, 2.5). */
export const ROBOTS_BYTES_MAX = 512 * 1024;
const CRAWL_DELAY_MS_MAX = 60_000;

/** Applies a host's rules to one URL. */
export function robotsVerdict(state: RobotsState, url: string, userAgent: string): RobotsVerdict {
  if (state.kind === 'absent') return { allowed: true, crawlDelayMs: null };
  if (state.kind === 'unreachable') return { allowed: false, crawlDelayMs: null };
  const robots = robotsParser(new URL('/robots.txt', url).href, state.body);
  const delaySeconds = robots.getCrawlDelay(userAgent);
  return {
    allowed: robots.isAllowed(url, userAgent) ?? true,
    crawlDelayMs: delaySeconds === undefined ? null : Math.min(delaySeconds * 1000, CRAWL_DELAY_MS_MAX),
  };
}

/** What an answer to a request for robots.txt means. */
export function robotsStateOf(status: number, body: string): RobotsState {
  if (status >= 200 && status < 300) return { kind: 'rules', body };
  if (status >= 400 && status < 500 && status !== 429) return { kind: 'absent' };
  return { kind: 'unreachable' };
}
