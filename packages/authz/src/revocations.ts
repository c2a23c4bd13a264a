/** What identifies a token towards the revocation list. */
export interface RevocableToken {
  readonly subject: string;
  readonly sessionId?: string | undefined;
  readonly tokenId?: string | undefined;
  readonly keyId?: string | undefined;
  readonly signingKeyId?: string | undefined;
  /** Seconds, with milliseconds where the token has them. */
  readonly issuedAt: number;
}

/** Answers whether a token was revoked, and how old that answer may be. */
export interface RevocationSource {
  isRevoked(token: RevocableToken): boolean;
  /** Milliseconds since the feed was last heard of; 0 while it is live. */
  stalenessMs(): number;
}

/** One revocation, as `auth.session_revoked` carries it. */
export interface Revocation {
  readonly kind: 'session' | 'token' | 'api_key' | 'user' | 'signing_key';
  readonly id: string;
  /** RFC 3339. Tokens of a revoked user that were issued later are good again. */
  readonly revokedAt: string;
  /** RFC 3339, or null when nothing expires by itself. */
  readonly expiresAt: string | null;
}

/** The revocations of the last token lifetime, in memory. */
export interface RevocationSet extends RevocationSource {
  add(revocation: Revocation): void;
  /** Replaces what tells how old the feed is. */
  watch(feed: { stalenessMs(): number }): void;
  readonly size: number;
}

/** Makes an empty set. It is stale until a feed is given to {@link RevocationSet.watch}. */
export function createRevocations(options: { readonly now?: () => number } = {}): RevocationSet {
  const now = options.now ?? Date.now;
  const entries = new Map<string, { revokedAtMs: number; expiresAtMs: number }>();
  let feed: { stalenessMs(): number } = { stalenessMs: () => Number.POSITIVE_INFINITY };
  let sweepAt = 1024;
  const sweep = (): void => {
    for (const [key, entry] of entries) if (entry.expiresAtMs < now()) entries.delete(key);
  };
  return {
    add(revocation) {
      if (entries.size >= sweepAt) {
        sweep();
        sweepAt = Math.max(1024, entries.size * 2);
      }
      const key = `${revocation.kind}:${revocation.id}`;
      const before = entries.get(key);
      const expiresAtMs = revocation.expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(revocation.expiresAt);
      entries.set(key, {
        revokedAtMs: Math.max(Date.parse(revocation.revokedAt), before?.revokedAtMs ?? 0),
        expiresAtMs: Math.max(expiresAtMs, before?.expiresAtMs ?? 0),
      });
    },
    watch(next) {
      feed = next;
    },
    get size() {
      return entries.size;
    },
    stalenessMs: () => feed.stalenessMs(),
    isRevoked(token) {
      if (entries.size === 0) return false;
      if (token.sessionId !== undefined && entries.has(`session:${token.sessionId}`)) return true;
      if (token.tokenId !== undefined && entries.has(`token:${token.tokenId}`)) return true;
      if (token.keyId !== undefined && entries.has(`api_key:${token.keyId}`)) return true;
      if (token.signingKeyId !== undefined && entries.has(`signing_key:${token.signingKeyId}`)) return true;
      const user = entries.get(`user:${token.subject}`);
      return user !== undefined && token.issuedAt * 1000 <= user.revokedAtMs;
    },
  };
}
