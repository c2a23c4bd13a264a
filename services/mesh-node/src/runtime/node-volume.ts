import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@peermesh/telemetry';
import { replaceFile } from '../identity/index.ts';
import { Volume, VolumeError, type VolumeOptions } from '../store/index.ts';

const VOLUME_ID_FILE = 'volume-id';

/**
 * Opens the disk of a node. Beside its key the folder remembers which volume it had. One that was wiped makes a node that has
 * forgotten what it was and joins anew, under another number; another one that is not empty would speak for a node whose
 * promises it does not know, and is refused.
 * @throws VolumeError `foreign` then, with the way out
 */
export function openNodeVolume(
  folder: string,
  { logger, ...options }: Omit<VolumeOptions, 'path'> & { readonly logger: Logger },
): Volume {
  const file = join(folder, VOLUME_ID_FILE);
  const path = join(folder, 'volume');
  const expected = existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
  const volume = Volume.open({ ...options, path });
  const { nodeId, volumeId } = volume.identity;
  if (expected === volumeId) return volume;
  if (expected !== null && !volume.isNew) {
    void volume.close();
    throw new VolumeError(
      'foreign',
      `volume ${expected} was expected in ${path}, and ${volumeId} is there: put the right disk back, or remove ${path} and ${file} and join anew`,
    );
  }
  if (expected !== null)
    logger.warn(
      { nodeId, volumeId },
      'the key is there and the disk is empty: this node has forgotten what it was, and has to join again',
    );
  replaceFile(file, `${volumeId}\n`);
  return volume;
}
