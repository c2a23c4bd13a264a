import { connect } from 'node:net';

/** What a server sent to a client that speaks bytes. */
export interface RawAnswer {
  /** Of the last status line; 0 when there was none. */
  readonly status: number;
  readonly text: string;
  readonly milliseconds: number;
}

/** Sends bytes, keeps the connection open, and resolves when the server has answered with a problem or hung up. */
export function sendBytes(baseUrl: string, bytes: string, timeoutMs: number): Promise<RawAnswer> {
  const { hostname, port } = new URL(baseUrl);
  const startedAt = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const socket = connect(Number(port), hostname, () => socket.write(bytes, 'latin1'));
  let text = '';
  const finish = (): void => {
    const status = Number([...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].at(-1)?.[1] ?? 0);
    resolve({ status, text, milliseconds: performance.now() - startedAt });
    socket.destroy();
  };
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
    if (/\}\s*(?:0\s*)?$/.test(text)) finish();
  });
  socket.on('close', finish).on('error', finish);
  socket.setTimeout(timeoutMs, () => {
    reject(new Error(`the server kept the connection for ${timeoutMs} ms without an answer`));
    socket.destroy();
  });
  return promise;
}
