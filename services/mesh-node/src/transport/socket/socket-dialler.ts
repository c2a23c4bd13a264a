import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { NodeAddress } from '../address.ts';
import type { TransportSettings } from '../settings.ts';
import { type InnerProtocol, secureContextOptions } from './tls-options.ts';

/**
 * Opens a socket, with credentials a TLS one, that is not yet known to be anybody's. Nothing is said of names: the mesh
 * knows nodes by their keys. `signal` gives up. Rejects with the error of the network or of TLS.
 */
export function openSocket(
  { host, port }: NodeAddress,
  protocol: InnerProtocol,
  settings: TransportSettings,
  signal: AbortSignal,
): Promise<Socket> {
  const { key, credentials } = settings;
  const plain = connectPlain({ host, port, noDelay: true, keepAlive: true });
  const socket =
    credentials === null
      ? plain
      : connectTls({
          ...secureContextOptions(key, credentials),
          socket: plain,
          ALPNProtocols: [protocol],
          rejectUnauthorized: false,
          checkServerIdentity: anyName,
        });
  const ready = credentials === null ? 'connect' : 'secureConnect';
  return new Promise((resolve, reject) => {
    const giveUp = (): void => fail(signal.reason);
    const fail = (error: unknown): void => {
      signal.removeEventListener('abort', giveUp);
      plain.destroy();
      socket.destroy();
      reject(error as Error);
    };
    plain.on('error', fail);
    socket.on('error', fail);
    socket.once('close', () => fail(new Error('closed while connecting')));
    signal.addEventListener('abort', giveUp);
    socket.once(ready, () => {
      signal.removeEventListener('abort', giveUp);
      resolve(socket);
    });
  });
}

/** Names say nothing in a mesh. */
const anyName = (): undefined => undefined;
