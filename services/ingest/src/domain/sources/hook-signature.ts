import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** Headers of an incoming hook that matter for its authenticity. */
export type HookHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A new Standard Webhooks secret. */
export function newHookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/**
 * Whether a delivery is authentic under any of the secrets: a Standard Webhooks signature (five minutes of tolerance),
 * or the plain secret as `x-webhook-token` or bearer token.
 */
export function isAuthenticHook(body: string, headers: HookHeaders, secrets: readonly string[]): boolean {
  if (typeof headers['webhook-signature'] === 'string')
    return secrets.some((secret) => isSigned(body, headers, secret));
  const bearer = /^Bearer (\S+)$/.exec(String(headers['authorization'] ?? ''))?.[1];
  const token = typeof headers['x-webhook-token'] === 'string' ? headers['x-webhook-token'] : bearer;
  return token !== undefined && secrets.some((secret) => isSame(token, secret));
}

/** The library parses the body as JSON once the signature has been found good; that it is no JSON is not its matter. */
function isSigned(body: string, headers: HookHeaders, secret: string): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch (error) {
    return error instanceof SyntaxError;
  }
}

function isSame(a: string, b: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(a), digest(b));
}
