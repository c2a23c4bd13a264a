import { streams } from '../catalog.ts';
import { applyStreamsAt } from '../streams.ts';

/** A laptop's disk is not reserved for events that a deployment would keep for a week. */
const LOCAL_BYTES_MAX = 512 * 1024 * 1024;

/** Makes the JetStream streams as the catalog declares them, smaller; returns how many there are. */
export async function applyDeclaredStreams(natsUrl: string): Promise<number> {
  await applyStreamsAt(
    natsUrl,
    streams.map((stream) => ({ ...stream, maxBytes: Math.min(stream.maxBytes, LOCAL_BYTES_MAX) })),
  );
  return streams.length;
}
