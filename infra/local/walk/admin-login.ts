import { authRoutes } from '@peermesh/contracts/auth';
import { createApi } from './api.ts';

/** The first administrator of a local installation. */
export const ADMIN_EMAIL = 'admin@peermesh.local';

const RENEW_AFTER_MS = 10 * 60_000;

/** An access token of the first administrator. */
export async function loginAsAdmin(gatewayUrl: string, password: string): Promise<string> {
  const api = createApi(gatewayUrl, null);
  const { body } = await api.call(authRoutes.login, { body: { email: ADMIN_EMAIL, password, device: 'launcher' } });
  return body.accessToken;
}

/** Tokens of the first administrator for as long as it takes: logs in again before the last one expires. */
export function adminTokens(gatewayUrl: string, password: string): () => Promise<string> {
  let current: Promise<string> | null = null;
  let renewAt = 0;
  return () => {
    if (current === null || performance.now() > renewAt) {
      current = loginAsAdmin(gatewayUrl, password);
      renewAt = performance.now() + RENEW_AFTER_MS;
    }
    return current;
  };
}
