import { connectNats } from '@peermesh/messaging';
import { applyStreams, type StreamDeclaration } from '@peermesh/messaging/streams';
import { createLogger } from '@peermesh/telemetry';

/**
 * Makes the streams on a server; idempotent.
 * @param url with a user who may administrate JetStream
 * @returns the names of the streams that were created or changed
 */
export async function applyStreamsAt(url: string, declarations: readonly StreamDeclaration[]): Promise<string[]> {
  const logger = createLogger({ service: 'streams', level: 'warn' });
  const nats = await connectNats({ url, name: 'peermesh-streams', logger });
  try {
    return await applyStreams(nats, declarations);
  } finally {
    await nats.close();
  }
}
