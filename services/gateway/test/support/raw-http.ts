import { connect, type Socket } from 'node:net';

/** Sends bytes as they are and returns all that comes back until the server closes or the time is over. */
export async function sendRaw(
  port: number,
  bytes: string,
  options: { readonly timeoutMs?: number; readonly untilHead?: boolean } = {},
): Promise<{ readonly text: string; readonly status: number; readonly closed: boolean }> {
  const socket: Socket = connect(port, '127.0.0.1');
  const { promise, resolve } = Promise.withResolvers<boolean>();
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    if (isComplete(text)) resolve(false);
  });
  socket.on('error', () => resolve(true));
  socket.on('close', () => resolve(true));
  socket.on('connect', () => socket.write(bytes, 'latin1'));
  const timer = setTimeout(() => resolve(false), options.timeoutMs ?? 5000);
  const closed = await promise;
  clearTimeout(timer);
  socket.destroy();
  return { text, status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), closed };
}

function isComplete(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  return end !== -1 && length !== undefined && text.length >= end + 4 + Number(length);
}
