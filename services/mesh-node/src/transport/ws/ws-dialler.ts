import type { Socket } from 'node:net';
import { BATCH_BYTES_MAX } from '@peermesh/link';
import { WebSocket } from 'ws';
import type { NodeAddress } from '../address.ts';
import { DialError, type RefusalReason } from '../port.ts';
import { reasonOfPeer } from '../session-hub.ts';
import type { TransportSettings } from '../settings.ts';
import { channelBindingOf, credentialOf } from '../socket/peer-credential.ts';
import { openSocket } from '../socket/socket-dialler.ts';
import { WsChannel } from './ws-channel.ts';
import { lanePath, REFUSAL_HEADER } from './ws-protocol.ts';

/** A channel to this address; `bind` is called at once when it stands. Rejects with a DialError or what the network said. */
export async function dialWs(
  target: NodeAddress,
  lane: number,
  settings: TransportSettings,
  signal: AbortSignal,
): Promise<WsChannel> {
  const socket = await openSocket(target, 'http/1.1', settings, signal);
  try {
    const { credentials, now } = settings;
    const credential = await credentialOf(socket, null, credentials, now());
    if (typeof credential === 'string') throw new DialError(credential);
    const ws = await upgrade(socket, lane, settings, signal);
    const binding = channelBindingOf(socket);
    return new WsChannel(ws, socket, { lane, isDialled: true, binding, credential, onSettled: () => undefined });
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function upgrade(socket: Socket, lane: number, settings: TransportSettings, signal: AbortSignal): Promise<WebSocket> {
  const { credentials } = settings;
  const isMutual = credentials?.certificatePem !== undefined;
  const ws = new WebSocket(`ws://node.mesh${lanePath(lane)}`, {
    createConnection: () => socket,
    perMessageDeflate: false,
    maxPayload: BATCH_BYTES_MAX,
    skipUTF8Validation: true,
    followRedirects: false,
    ...(credentials?.token !== undefined && !isMutual
      ? { headers: { authorization: `Bearer ${credentials.token}` } }
      : {}),
    ...(isMutual ? { generateMask: zeroMask } : {}),
  });
  return new Promise((resolve, reject) => {
    const giveUp = (): void => ws.terminate();
    signal.addEventListener('abort', giveUp);
    ws.once('open', () => {
      signal.removeEventListener('abort', giveUp);
      ws.pause();
      resolve(ws);
    });
    ws.on('error', (cause) => reject(signal.aborted ? (signal.reason as Error) : new DialError('bad_protocol', cause)));
    ws.once('unexpected-response', (_request, response) => {
      const reason = response.headers[REFUSAL_HEADER];
      reject(
        new DialError(typeof reason === 'string' ? reasonOfPeer(reason) : ('bad_protocol' satisfies RefusalReason)),
      );
      ws.terminate();
    });
  });
}

/** Masking guards proxies against pages in browsers (RFC 6455 10.3); between nodes on mutual TLS there are neither. */
function zeroMask(mask: Buffer): void {
  mask.fill(0);
}
