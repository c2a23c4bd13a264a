import { once } from 'node:events';
import { WebSocket } from 'ws';

/** Opens a lane of a node like a peer, says this instead of HELLO, and returns what the node said when it closed. */
export async function refusalOfWebSocket(port: number, message: Uint8Array): Promise<string> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/lanes/0`, { perMessageDeflate: false });
  ws.on('error', () => undefined);
  const closed = once(ws, 'close') as Promise<[number, Buffer]>;
  await once(ws, 'open');
  ws.send(message);
  const [, reason] = await closed;
  return reason.toString();
}
