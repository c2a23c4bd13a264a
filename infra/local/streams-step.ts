import type { StreamDeclaration } from '@peermesh/messaging/streams';
import { streams } from '../catalog.ts';
import { applyStreamsAt } from '../streams.ts';
import { LauncherError } from './launcher-error.ts';

/** A laptop's disk is not reserved for events that a deployment would keep for a week. */
const LOCAL_BYTES_MAX = 512 * 1024 * 1024;

const localStreams: readonly StreamDeclaration[] = streams.map((stream) => ({
  ...stream,
  maxBytes: Math.min(stream.maxBytes, LOCAL_BYTES_MAX),
}));

/** What JetStream is asked to reserve, in bytes; what it writes is what is published. */
export const localStreamBytes = localStreams.reduce((sum, { maxBytes }) => sum + maxBytes, 0);

/** Makes the JetStream streams as the catalog declares them, smaller; returns how many there are. */
export async function applyDeclaredStreams(natsUrl: string): Promise<number> {
  try {
    await applyStreamsAt(natsUrl, localStreams);
  } catch (error) {
    if (!(error instanceof Error && /insufficient storage resources/.test(error.message))) throw error;
    const { host } = new URL(natsUrl);
    throw new LauncherError(
      `the NATS server at ${host} may not store the ${streams.length} streams`,
      `give it \`jetstream { max_file_store: ${localStreamBytes} }\` (bytes) or more`,
      error,
    );
  }
  return streams.length;
}
