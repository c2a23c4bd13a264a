import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '@peermesh/contracts';
import { SignJWT } from 'jose';

/** An operator of the demonstration, and the key set that the nodes verify tokens with. */
export interface Operator {
  readonly jwksUrl: string;
  token(): Promise<string>;
  stop(): void;
}

const KID = 'mesh-demo';

/** Makes a key for this run alone and serves its public half on loopback. */
export async function startOperator(): Promise<Operator> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: KID, alg: 'EdDSA', use: 'sig' }];
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/jwk-set+json').end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    jwksUrl: `http://127.0.0.1:${port}/jwks.json`,
    token: () =>
      new SignJWT({ role: 'admin', tenant: 'default', sid: newId('session') })
        .setProtectedHeader({ alg: 'EdDSA', kid: KID, typ: 'JWT' })
        .setSubject(newId('user'))
        .setIssuer('peermesh-auth')
        .setAudience('peermesh')
        .setJti(randomUUID())
        .setIssuedAt()
        .setExpirationTime('15m')
        .sign(privateKey),
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
