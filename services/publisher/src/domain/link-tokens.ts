import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a link in a mail may do. The URL of a click is inside the signature, so the service redirects nowhere else. */
export type LinkClaim =
  | { readonly kind: 'open'; readonly tenantId: string; readonly deliveryId: string }
  | { readonly kind: 'click'; readonly tenantId: string; readonly deliveryId: string; readonly url: string }
  | { readonly kind: 'unsubscribe'; readonly tenantId: string; readonly subscriptionId: string }
  | {
      readonly kind: 'verify';
      readonly tenantId: string;
      readonly endpointId: string;
      readonly email: string;
      readonly expiresAt: number;
    };

/** Signs and checks links. */
export interface LinkTokens {
  sign(claim: LinkClaim): string;
  /** The claim, or null when the token was not signed here or is of another kind. */
  verify<Kind extends LinkClaim['kind']>(token: string, kind: Kind): Extract<LinkClaim, { kind: Kind }> | null;
}

/** Tokens of the form `payload.signature`, HMAC-SHA256, URL-safe. */
export function createLinkTokens(key: Buffer): LinkTokens {
  const signatureOf = (payload: string): Buffer => createHmac('sha256', key).update(payload).digest();
  return {
    sign(claim) {
      const payload = Buffer.from(JSON.stringify(claim)).toString('base64url');
      return `${payload}.${signatureOf(payload).toString('base64url')}`;
    },
    verify<Kind extends LinkClaim['kind']>(token: string, kind: Kind) {
      const [payload, signature, rest] = token.split('.');
      if (payload === undefined || signature === undefined || rest !== undefined) return null;
      const expected = signatureOf(payload);
      const given = Buffer.from(signature, 'base64url');
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
      const claim = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as LinkClaim;
      return claim.kind === kind ? (claim as Extract<LinkClaim, { kind: Kind }>) : null;
    },
  };
}
