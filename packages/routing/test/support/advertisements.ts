import {
  type AdvertisedLink,
  type Advertisement,
  type LinkMetrics,
  NodeFlag,
} from '../../src/link-state/advertisement.ts';
import { integerBetween } from './random.ts';

export const METRICS: LinkMetrics = { latencyUs: 10_000, jitterUs: 100, lossPpm: 0, spareKbps: 1_000_000, weight: 0 };

export function advertisedLink(peer: number, changes: Partial<AdvertisedLink> = {}): AdvertisedLink {
  return { ...METRICS, peer, linkId: peer, penalty: 0, riskGroups: [], ...changes };
}

export function advertisement(origin: number, changes: Partial<Advertisement> = {}): Advertisement {
  return {
    origin,
    version: { epoch: 1, seq: 1 },
    flags: NodeFlag.RELAY,
    region: 0,
    tenant: 0,
    lifetimeMs: 180_000,
    links: [],
    ...changes,
  };
}

export function randomAdvertisement(random: () => number): Advertisement {
  const u32 = (): number => integerBetween(random, 0, 0xffff_ffff);
  const peers = [...new Set(Array.from({ length: integerBetween(random, 0, 20) }, u32))].sort((a, b) => a - b);
  const groups = (): number[] =>
    [...new Set(Array.from({ length: integerBetween(random, 0, 4) }, u32))].sort((a, b) => a - b);
  return {
    origin: u32(),
    version: { epoch: u32(), seq: u32() },
    flags: integerBetween(random, 0, 255),
    region: u32(),
    tenant: u32(),
    lifetimeMs: u32(),
    links: peers.map((peer) => ({
      peer,
      linkId: u32(),
      latencyUs: u32(),
      jitterUs: u32(),
      lossPpm: integerBetween(random, 0, 1_000_000),
      spareKbps: u32(),
      penalty: u32(),
      weight: integerBetween(random, 0, 0xffff),
      riskGroups: groups(),
    })),
  };
}
