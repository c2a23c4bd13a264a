import type { ServerResponse } from 'node:http';
import type { PeerMeshError } from '@peermesh/errors';
import type { FastifyReply } from 'fastify';

const HEARTBEAT_MS = 15_000;

/** One Server-Sent Events answer (WHATWG HTML, section 9.2). */
export interface EventStream {
  /** Writes one event; false while the reader has not taken what was written before. */
  send(event: { readonly type: string; readonly id?: string; readonly data: unknown }): boolean;
  /** Calls back once when there is room again. */
  onDrain(callback: () => void): void;
  /** Bytes that the reader has not taken. */
  readonly bufferedBytes: number;
  close(): void;
  /** Closes it after an event `problem` that says why. */
  fail(error: PeerMeshError, requestId: string): void;
  readonly isClosed: boolean;
}

/** Turns the answer into an event stream; `onClosed` is called once, whoever closes it. */
export function openEventStream(reply: FastifyReply, onClosed: () => void): EventStream {
  reply.hijack();
  const response: ServerResponse = reply.raw;
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  });
  response.write('retry: 1000\n\n');
  const heartbeat = setInterval(() => response.write(': heartbeat\n\n'), HEARTBEAT_MS).unref();
  response.once('close', () => {
    clearInterval(heartbeat);
    onClosed();
  });
  const send: EventStream['send'] = ({ type, id, data }) =>
    response.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  return {
    send,
    fail: (error, requestId) => {
      send({ type: 'problem', data: error.toProblem({ requestId }) });
      response.end();
    },
    onDrain: (callback) => void response.once('drain', callback),
    get bufferedBytes() {
      return response.writableLength;
    },
    close: () => void response.end(),
    get isClosed() {
      return response.destroyed || response.writableEnded;
    },
  };
}
