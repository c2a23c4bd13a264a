import type { AdvertisedLink, Advertisement } from './advertisement.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

const WIRE_VERSION = 1;
const RISK_GROUPS_MAX = 255;

/** Links in one advertisement; a node with more neighbours advertises its cheapest ones. */
export const LINKS_MAX = 1024;
/** Bytes of an Ed25519 signature (RFC 8032). */
export const SIGNATURE_BYTES = 64;

/** Why bytes are not an advertisement or a message. A closed set: each is a counter. */
export type DecodeFault = 'truncated' | 'version' | 'trailing' | 'not-canonical' | 'oversize' | 'kind';

const writer = new ByteWriter();

/**
 * The bytes that are signed: one advertisement has exactly one encoding, so equal bytes mean equal content.
 * @throws RangeError when there are more than {@link LINKS_MAX} links, or links or risk groups out of order.
 */
export function encodeAdvertisement(advertisement: Advertisement): Uint8Array {
  const { links, version } = advertisement;
  if (links.length > LINKS_MAX) throw new RangeError(`an advertisement holds at most ${LINKS_MAX} links`);
  writer.reset();
  writer.u8(WIRE_VERSION);
  writer.u8(advertisement.flags);
  writer.u16(links.length);
  writer.u32(advertisement.origin);
  writer.u32(version.epoch);
  writer.u32(version.seq);
  writer.u32(advertisement.lifetimeMs);
  writer.u32(advertisement.region);
  writer.u32(advertisement.tenant);
  let previous: AdvertisedLink | undefined;
  for (const link of links) {
    if (previous && !isBefore(previous, link)) throw new RangeError('links must ascend by peer and link id');
    previous = link;
    writeLink(link);
  }
  return writer.take();
}

function writeLink(link: AdvertisedLink): void {
  const { riskGroups } = link;
  if (riskGroups.length > RISK_GROUPS_MAX || !isAscending(riskGroups)) {
    throw new RangeError('risk groups must ascend without repetition, at most 255 of them');
  }
  writer.u32(link.peer);
  writer.u32(link.linkId);
  writer.u32(link.latencyUs);
  writer.u32(link.jitterUs);
  writer.u32(link.lossPpm);
  writer.u32(link.spareKbps);
  writer.u32(link.penalty);
  writer.u16(link.weight);
  writer.u8(riskGroups.length);
  for (const group of riskGroups) writer.u32(group);
}

/** Reads what {@link encodeAdvertisement} wrote; never throws, whatever the bytes are. */
export function decodeAdvertisement(bytes: Uint8Array): Advertisement | DecodeFault {
  const reader = new ByteReader(bytes);
  const wireVersion = reader.u8();
  const flags = reader.u8();
  const linkCount = reader.u16();
  const origin = reader.u32();
  const version = { epoch: reader.u32(), seq: reader.u32() };
  const lifetimeMs = reader.u32();
  const region = reader.u32();
  const tenant = reader.u32();
  if (reader.failed) return 'truncated';
  if (wireVersion !== WIRE_VERSION) return 'version';
  if (linkCount > LINKS_MAX) return 'oversize';
  const links: AdvertisedLink[] = [];
  for (let index = 0; index < linkCount; index += 1) {
    const link = readLink(reader);
    if (reader.failed) return 'truncated';
    const previous = links[index - 1];
    if ((previous && !isBefore(previous, link)) || !isAscending(link.riskGroups)) return 'not-canonical';
    links.push(link);
  }
  return reader.remaining > 0 ? 'trailing' : { origin, version, flags, region, tenant, lifetimeMs, links };
}

function readLink(reader: ByteReader): AdvertisedLink {
  const link = {
    peer: reader.u32(),
    linkId: reader.u32(),
    latencyUs: reader.u32(),
    jitterUs: reader.u32(),
    lossPpm: reader.u32(),
    spareKbps: reader.u32(),
    penalty: reader.u32(),
    weight: reader.u16(),
  };
  const riskGroups: number[] = [];
  for (let left = reader.u8(); left > 0 && !reader.failed; left -= 1) riskGroups.push(reader.u32());
  return { ...link, riskGroups };
}

function isBefore(a: AdvertisedLink, b: AdvertisedLink): boolean {
  return a.peer === b.peer ? a.linkId < b.linkId : a.peer < b.peer;
}

function isAscending(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || (values[index - 1] as number) < value);
}
