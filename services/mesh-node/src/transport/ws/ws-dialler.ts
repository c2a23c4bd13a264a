import { randomBytes } from 'node:crypto';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import type { Socket } from 'node:net';
import type { NodeAddress } from '../address.ts';
import { DialError, type RefusalReason } from '../port.ts';
import { reasonOfPeer } from '../session-hub.ts';
import type { TransportSettings } from '../settings.ts';
import { channelBindingOf, credentialOf } from '../socket/peer-credential.ts';
import { openSocket } from '../socket/socket-dialler.ts';
import type { MessageBuffers } from './message-buffers.ts';
import { WsChannel } from './ws-channel.ts';
import { acceptOf, lanePath, REFUSAL_HEADER, WS_VERSION } from './ws-protocol.ts';

const KEY_BYTES = 16;

/** A channel to this address; `bind` is called at once when it stands. Rejects with a DialError or what the network said. */
export async function dialWs(
  target: NodeAddress,
  lane: number,
  settings: TransportSettings,
  buffers: MessageBuffers,
  signal: AbortSignal,
): Promise<WsChannel> {
  const socket = await openSocket(target, 'http/1.1', settings, signal);
  try {
    const credential = await credentialOf(socket, null, settings);
    if (typeof credential === 'string') throw new DialError(credential);
    const head = await upgrade(socket, lane, settings, signal);
    return new WsChannel(socket, {
      lane,
      isDialled: true,
      binding: channelBindingOf(socket),
      credential,
      // Masks guard proxies against pages in browsers (RFC 6455 10.3); between nodes on mutual TLS there are neither.
      masking: settings.credentials?.certificatePem === undefined ? 'random' : 'zero',
      buffers,
      head,
      onSettled: () => undefined,
    });
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Asks for the upgrade (RFC 6455 4.1); resolves with what came behind the answer. */
function upgrade(socket: Socket, lane: number, settings: TransportSettings, signal: AbortSignal): Promise<Uint8Array> {
  const { credentials } = settings;
  const key = randomBytes(KEY_BYTES).toString('base64');
  const isMutual = credentials?.certificatePem !== undefined;
  const request = requestHttp({
    createConnection: () => socket,
    host: 'node.mesh',
    path: lanePath(lane),
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': key,
      'sec-websocket-version': WS_VERSION,
      ...(credentials?.token !== undefined && !isMutual ? { authorization: `Bearer ${credentials.token}` } : {}),
    },
  });
  return new Promise((resolve, reject) => {
    const giveUp = (): void => void request.destroy();
    signal.addEventListener('abort', giveUp);
    request.once('upgrade', (response, _socket, head) => {
      signal.removeEventListener('abort', giveUp);
      if (isAgreed(response, key)) resolve(head);
      else reject(new DialError('bad_protocol'));
    });
    request.on('error', (cause) =>
      reject(signal.aborted ? (signal.reason as Error) : new DialError('bad_protocol', cause)),
    );
    request.once('response', (response) => {
      const reason = response.headers[REFUSAL_HEADER];
      reject(
        new DialError(typeof reason === 'string' ? reasonOfPeer(reason) : ('bad_protocol' satisfies RefusalReason)),
      );
      request.destroy();
    });
    request.end();
  });
}

/** Whether the other side agreed to what was asked for and to nothing else (RFC 6455 4.1). */
function isAgreed({ headers }: IncomingMessage, key: string): boolean {
  return (
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-accept'] === acceptOf(key) &&
    headers['sec-websocket-extensions'] === undefined &&
    headers['sec-websocket-protocol'] === undefined
  );
}
