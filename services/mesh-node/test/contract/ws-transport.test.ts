import { once } from 'node:events';
import { WebSocket } from 'ws';
import { createTransport } from '../../src/transport/index.ts';
import { type RawPeer, transportKit } from './transport-kit/index.ts';

transportKit({
  plainScheme: 'ws',
  secureScheme: 'wss',
  create: createTransport,
  dialRaw: async (port, lane) => {
    const ws = new WebSocket(`ws://127.0.0.1:${port}/lanes/${lane}`, { perMessageDeflate: false });
    const raw: RawPeer = {
      received: [],
      endedWith: null,
      send: (message) => ws.send(message),
      close: () => ws.terminate(),
    };
    ws.on('message', (data) => raw.received.push(data as Buffer));
    ws.on('error', () => undefined);
    ws.on('close', (_code, reason) => (raw.endedWith = reason.toString() === '' ? 'nothing' : reason.toString()));
    await once(ws, 'open');
    return raw;
  },
});
