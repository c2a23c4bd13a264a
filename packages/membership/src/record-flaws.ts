import type { MemberRecord } from './claim.ts';
import { ADDRESS_LENGTH_MAX, ID_LENGTH_MAX, IDENTITY_LENGTH_MAX, WIRE_VERSION } from './codec/limits.ts';

function isVisible(text: string, lengthMax: number): boolean {
  return text.length <= lengthMax && /^[!-~]*$/.test(text);
}

/** What is wrong with a record that a member wants to publish about itself; empty when it is sound. */
export function recordFlaws(record: MemberRecord, metadataBytesMax: number): readonly string[] {
  const flaws: string[] = [];
  const { id, address, identity, metadata, versionMin, versionMax } = record;
  if (id === '' || !isVisible(id, ID_LENGTH_MAX))
    flaws.push(`id must be 1 to ${ID_LENGTH_MAX} visible ASCII characters`);
  if (address === '' || !isVisible(address, ADDRESS_LENGTH_MAX)) {
    flaws.push(`address must be 1 to ${ADDRESS_LENGTH_MAX} visible ASCII characters`);
  }
  if (!isVisible(identity, IDENTITY_LENGTH_MAX)) {
    flaws.push(`identity must be at most ${IDENTITY_LENGTH_MAX} visible ASCII characters`);
  }
  if (Buffer.byteLength(metadata) > metadataBytesMax) flaws.push(`metadata must be at most ${metadataBytesMax} bytes`);
  if (versionMin > WIRE_VERSION || versionMax < WIRE_VERSION) flaws.push(`versions must include ${WIRE_VERSION}`);
  return flaws;
}
