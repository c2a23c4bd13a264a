import type { IncomingMessage, ServerResponse } from 'node:http';
import { newEventId } from '@peermesh/contracts';
import { REALTIME_TOPICS } from '@peermesh/contracts/gateway';
import { gatewayErrors } from '@peermesh/errors';
import { type ClientAddresses, limitKeyOf } from '../proxy/client-address.ts';
import type { RealtimeAdmission } from './admission.ts';
import { RealtimeConnection, type RealtimeTransport } from './connection.ts';
import type { RealtimeHub } from './hub.ts';

/** Serves Server-Sent Events. */
export interface SseEndpoint {
  /** Opens a stream on the response. Rejects with a catalogue error before anything is written. */
  open(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void>;
}

/** Makes the endpoint; its connections belong to the hub. Without `topics` a stream carries all of them. */
export function createSseEndpoint(options: {
  readonly hub: RealtimeHub;
  readonly admission: RealtimeAdmission;
  readonly addresses: ClientAddresses;
}): SseEndpoint {
  const { hub, admission, addresses } = options;
  return {
    async open(request, response, requestId) {
      if (!acceptsEventStream(request)) throw gatewayErrors.upgradeRequired();
      const { principal, topics, after } = await admission.admit(request);
      const address = limitKeyOf(addresses.of(request));
      hub.assertRoom(principal, address);
      if (response.destroyed) return;
      response.writeHead(200, [
        'content-type',
        'text/event-stream; charset=utf-8',
        'cache-control',
        'no-store, no-transform',
        'x-accel-buffering',
        'no',
        'x-content-type-options',
        'nosniff',
        'x-request-id',
        requestId,
      ]);
      request.socket.setNoDelay(true);
      const transport = new SseTransport(response);
      const connection = new RealtimeConnection({
        id: newEventId(),
        principal,
        address,
        transport,
        position: hub.position,
      });
      response.on('close', () => hub.remove(connection));
      hub.add(connection);
      response.write(`retry: 3000\nid: ${after === null ? connection.token : `p${after.p}.s${after.s}`}\n\n`);
      hub.subscribe(connection, topics.length > 0 ? topics : REALTIME_TOPICS, after);
    },
  };
}

function acceptsEventStream(request: IncomingMessage): boolean {
  return (request.headers.accept ?? '').split(',').some((type) => type.trim().startsWith('text/event-stream'));
}

class SseTransport implements RealtimeTransport {
  readonly kind = 'sse';
  /** The protocol has no answer: a client that is gone shows by its untaken bytes. */
  readonly isResponsive = true;
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get bufferedBytes(): number {
    return this.#response.writableLength;
  }

  send(entry: { readonly sse: Buffer }): void {
    this.#response.write(entry.sse);
  }

  sendResync(id: string, reason: string): void {
    this.#response.write(`id: ${id}\nevent: resync\ndata: ${JSON.stringify({ reason })}\n\n`);
  }

  /** A block without data moves the client's last event id and fires nothing. */
  sendHeartbeat(id: string): void {
    this.#response.write(`: heartbeat\nid: ${id}\n\n`);
  }

  sendGoodbye(reason: string, reconnectAfterMs: number): void {
    this.#response.write(
      `retry: ${Math.max(100, reconnectAfterMs)}\nevent: goodbye\ndata: ${JSON.stringify({ reason, reconnectAfterMs })}\n\n`,
    );
  }

  close(code: number): void {
    if (code === 1013) this.#response.destroy();
    else this.#response.end();
  }

  terminate(): void {
    this.#response.destroy();
  }
}
