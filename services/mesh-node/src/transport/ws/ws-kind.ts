import type { TransportKind } from '../kind.ts';
import { MessageBuffers } from './message-buffers.ts';
import { WsAcceptor } from './ws-acceptor.ts';
import { dialWs } from './ws-dialler.ts';

/** Lanes over WebSocket: `wss://host:port` with credentials, else `ws://host:port`. All of them share their buffers. */
export function createWsKind(): TransportKind {
  const buffers = new MessageBuffers();
  return {
    plainScheme: 'ws',
    secureScheme: 'wss',
    protocol: 'http/1.1',
    recycle: (batch) => buffers.give(batch),
    createAcceptor: (events) => new WsAcceptor(events, buffers),
    dial: async (target, lane, settings, signal) => ({
      channel: await dialWs(target, lane, settings(), buffers, signal),
    }),
  };
}
