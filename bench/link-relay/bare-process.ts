import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { WebSocket, WebSocketServer } from 'ws';
import { Meter } from './meter.ts';
import type { BareTls, Command, Telling } from './protocol.ts';

/**
 * The reference: WebSockets and nothing else. The sender copies messages, each behind its length, into batches of up to 64
 * KiB; the relay walks the records and copies each into the batch for the receiver, flushed when full and at the end of the
 * loop's turn.
 */
const [role = '', portText = '', recordText = '0', tlsText = 'null'] = process.argv.slice(2);
const parsed = JSON.parse(tlsText) as BareTls | null;
const tls = parsed === null ? null : { ...parsed, ca: [...parsed.ca] };
const RECORD_BYTES = Number(recordText);
const LENGTH_BYTES = 4;
const BATCH_BYTES = 64 * 1024;
const BUFFERED_BYTES_MAX = 4 * 1024 * 1024;
const OPTIONS = {
  perMessageDeflate: false,
  maxPayload: BATCH_BYTES,
  skipUTF8Validation: true,
  // With TLS as mesh nodes do it: mutual, with masks of zero, and whatever the name (false: nothing is wrong with it).
  ...(tls === null
    ? {}
    : { ...tls, generateMask: (mask: Buffer): void => void mask.fill(0), checkServerIdentity: () => false }),
};
const url = (path: string): string => `${tls === null ? 'ws' : 'wss'}://127.0.0.1:${portText}${path}`;
const meter = new Meter();
const tell = (telling: Telling): void => void process.send?.(telling);

function walk(batch: Buffer, each: (from: number, end: number) => void): void {
  for (let at = 0; at < batch.length; ) {
    const end = at + batch.readUInt32LE(at);
    each(at, end);
    at = end;
  }
}

function relay(): void {
  const http = tls === null ? createServer() : createTlsServer({ ...tls, requestCert: true });
  const server = new WebSocketServer({ ...OPTIONS, server: http });
  http.listen(Number(portText), '127.0.0.1');
  let receiver: WebSocket | null = null;
  let batch = Buffer.allocUnsafe(BATCH_BYTES);
  let used = 0;
  const flush = (): void => {
    if (used > 0) receiver?.send(batch.subarray(0, used));
    batch = Buffer.allocUnsafe(BATCH_BYTES);
    used = 0;
  };
  server.on('connection', (socket, { url }) => {
    if (url === '/receiver') {
      receiver = socket;
      return;
    }
    const resume = (): void => {
      if ((receiver?.bufferedAmount ?? 0) > BUFFERED_BYTES_MAX / 2) setImmediate(resume);
      else socket.resume();
    };
    let isFlushing = false;
    socket.on('message', (data: Buffer) => {
      walk(data, (from, end) => {
        if (used + end - from > BATCH_BYTES) flush();
        data.copy(batch, used, from, end);
        used += end - from;
      });
      if (!isFlushing) {
        isFlushing = true;
        setImmediate(() => {
          isFlushing = false;
          flush();
        });
      }
      if ((receiver?.bufferedAmount ?? 0) > BUFFERED_BYTES_MAX) {
        socket.pause();
        resume();
      }
    });
  });
  http.on('listening', () => tell({ kind: 'ready' }));
}

function receive(): void {
  const socket = new WebSocket(url('/receiver'), OPTIONS);
  socket.on('message', (data: Buffer) => walk(data, (from, end) => meter.count(end - from)));
  socket.on('open', () => tell({ kind: 'ready' }));
}

function send(): () => void {
  const socket = new WebSocket(url('/sender'), OPTIONS);
  const payload = Buffer.alloc(RECORD_BYTES - LENGTH_BYTES);
  socket.on('open', () => tell({ kind: 'ready' }));
  const fill = (): void => {
    while (socket.bufferedAmount < BUFFERED_BYTES_MAX / 4) {
      const batch = Buffer.allocUnsafe(Math.floor(BATCH_BYTES / RECORD_BYTES) * RECORD_BYTES);
      for (let at = 0; at < batch.length; at += RECORD_BYTES) {
        batch.writeUInt32LE(RECORD_BYTES, at);
        payload.copy(batch, at + LENGTH_BYTES);
      }
      socket.send(batch);
    }
    setImmediate(fill);
  };
  return fill;
}

let start = (): void => undefined;
if (role === 'relay') relay();
else if (role === 'receiver') receive();
else start = send();
process.on('message', (command: Command) => {
  if (command.kind === 'measure') meter.start();
  else if (command.kind === 'report') tell({ kind: 'report', report: meter.report() });
  else if (command.kind === 'send') start();
});
process.on('disconnect', () => process.exit(0));
