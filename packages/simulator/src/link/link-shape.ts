import { DEFAULT_LINK_CONFIG, Feature, type LinkConfig } from '@peermesh/link';
import type { NetworkProfile } from '../network/network.ts';
import type { SeededRandom } from '../random.ts';

/** No fault after this virtual time. */
export const HEAL_MS = 16_000;
export const TRAFFIC_UNTIL_MS = 18_000;
export const DURATION_MS = 36_000;

/** One world for a link: what a seed decides before anything happens. */
export interface LinkShape {
  readonly config: LinkConfig;
  readonly lanes: number;
  readonly profile: NetworkProfile;
  readonly faultIntervalMs: number;
  /** Mean time between bursts of one flow. */
  readonly burstIntervalMs: number;
  /** Mean time that a consumer takes for a delivery. */
  readonly releaseMs: number;
}

const KIB = 1024;

export function drawLinkShape(random: SeededRandom): LinkShape {
  const isSmall = random.chance(0.4);
  const credit = [64 * KIB, isSmall ? 64 * KIB : 512 * KIB, isSmall ? 96 * KIB : 2048 * KIB];
  return {
    config: {
      ...DEFAULT_LINK_CONFIG,
      features: random.chance(0.2) ? Feature.fragmentation : DEFAULT_LINK_CONFIG.features,
      creditBytes: credit,
      peerCreditBytes: credit,
      bulkLanesMax: 4,
      queueBytesMax: isSmall ? 256 * KIB : 4096 * KIB,
      flowQueueBytesMax: isSmall ? 128 * KIB : 512 * KIB,
      resequencerBytesMax: isSmall ? 16 * KIB : 1024 * KIB,
      reorderBytesMax: 2048 * KIB,
      inFlightBytesMax: random.chance(0.5) ? 256 * KIB : 4096 * KIB,
    },
    lanes: random.pick([1, 2, 3, 3, 4, 5]),
    profile: {
      latencyMs: random.pick([0.1, 1, 5, 20, 60]),
      jitterMs: random.pick([0.05, 0.5, 2]),
      bytesPerMs: random.pick([1_500, 5_000, 25_000, 125_000]),
    },
    faultIntervalMs: random.between(300, 2_500),
    burstIntervalMs: random.between(40, 160),
    releaseMs: random.pick([0, 0.5, 5]),
  };
}

export function describeLinkShape({ config, lanes, profile, faultIntervalMs, releaseMs }: LinkShape): string {
  const { latencyMs, bytesPerMs } = profile;
  const sizes = `queue ${config.queueBytesMax / KIB} KiB, bulk credit ${(config.creditBytes[2] ?? 0) / KIB} KiB`;
  const wire = `${latencyMs} ms, ${(bytesPerMs * 8) / 1_000} Mb/s`;
  return `${lanes} lanes of ${wire}; ${sizes}; releases in ${releaseMs} ms; a fault every ${Math.round(faultIntervalMs)} ms`;
}
