export const ADMIN_EMAIL = 'admin@peermesh.local';
export async function loginAsAdmin(_gatewayUrl: string, _password: string): Promise<string> {
  throw new Error('not yet');
}
