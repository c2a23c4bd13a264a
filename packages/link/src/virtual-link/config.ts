import { BATCH_BYTES_MAX, CLASSES, Feature, LANES_MAX } from '../wire/format.ts';

/** Settings of one VirtualLink. Times in milliseconds, sizes in bytes; arrays are per class: control, priority, bulk. */
export interface LinkConfig {
  /** As the handshake agreed. */
  readonly version: number;
  readonly features: number;
  /** What the other side granted in its HELLO. */
  readonly peerCreditBytes: readonly number[];
  /** What this side grants: it must be able to hold as much of undelivered frames. */
  readonly creditBytes: readonly number[];
  /** Bulk lanes at most. */
  readonly bulkLanesMax: number;
  readonly echoIntervalMs: number;
  /** Without proof of both directions for this long no new data is sent on a lane. */
  readonly suspectAfterMs: number;
  /** After this long it is down. */
  readonly downAfterMs: number;
  /** A lane that was down is used again after this many good echoes and this long, whichever is later. */
  readonly probationEchoes: number;
  readonly probationMs: number;
  /** Bounds of the unacknowledged bytes on a lane; between them twice the bandwidth-delay product. */
  readonly inFlightBytesMin: number;
  readonly inFlightBytesMax: number;
  /** Accepted but unsent bytes of all flows. */
  readonly queueBytesMax: number;
  /** Accepted but unsent bytes of one flow. */
  readonly flowQueueBytesMax: number;
  /** Share of queue and of each lane's window that only control may use. */
  readonly controlReserve: number;
  /** Bytes of batches that arrived before their predecessors. */
  readonly reorderBytesMax: number;
  /** Puts striped flows back in order here, at the end of a single hop; a node with several links does it itself. */
  readonly resequences: boolean;
  readonly resequencerBytesMax: number;
  readonly resequencerMs: number;
  readonly flushDelayMs: number;
  readonly ackDelayMs: number;
  /** Unacknowledged received bytes that make an acknowledgement due at once. */
  readonly ackEveryBytes: number;
  /** A batch unacknowledged for this long, and two round trips, is sent again. */
  readonly retransmitMinMs: number;
  /** `tick` further apart than this is a stall of this process, for which no lane is blamed. */
  readonly stallMs: number;
  readonly scaleOutUtilisation: number;
  readonly scaleOutAfterMs: number;
  /** A further lane is asked for only if the last one raised throughput by this share. */
  readonly scaleOutGainMin: number;
  readonly scaleInUtilisation: number;
  readonly scaleInAfterMs: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const DEFAULT_LINK_CONFIG: LinkConfig = {
  version: 1,
  features: Feature.fragmentation | Feature.striping | Feature.tracing,
  peerCreditBytes: [512 * KIB, 2 * MIB, 8 * MIB],
  creditBytes: [512 * KIB, 2 * MIB, 8 * MIB],
  bulkLanesMax: 4,
  echoIntervalMs: 100,
  suspectAfterMs: 150,
  downAfterMs: 300,
  probationEchoes: 3,
  probationMs: 10_000,
  inFlightBytesMin: 64 * KIB,
  inFlightBytesMax: 4 * MIB,
  queueBytesMax: 8 * MIB,
  flowQueueBytesMax: MIB,
  controlReserve: 0.1,
  reorderBytesMax: 8 * MIB,
  resequences: true,
  resequencerBytesMax: MIB,
  resequencerMs: 50,
  flushDelayMs: 1,
  ackDelayMs: 2,
  ackEveryBytes: 64 * KIB,
  retransmitMinMs: 300,
  stallMs: 100,
  scaleOutUtilisation: 0.7,
  scaleOutAfterMs: 2_000,
  scaleOutGainMin: 0.1,
  scaleInUtilisation: 0.2,
  scaleInAfterMs: 60_000,
};

/** The settings that cannot work together, one line each; empty when all is well. */
export function linkConfigProblems(config: LinkConfig): string[] {
  const problems: string[] = [];
  const must = (isMet: boolean, what: string): void => void (isMet || problems.push(what));
  must(config.suspectAfterMs > config.echoIntervalMs, 'suspectAfterMs must be over echoIntervalMs');
  must(config.downAfterMs > config.suspectAfterMs, 'downAfterMs must be over suspectAfterMs');
  must(config.inFlightBytesMin >= BATCH_BYTES_MAX, `inFlightBytesMin must be at least ${BATCH_BYTES_MAX}`);
  must(config.inFlightBytesMax >= config.inFlightBytesMin, 'inFlightBytesMax must not be under inFlightBytesMin');
  must(config.flowQueueBytesMax >= BATCH_BYTES_MAX, `flowQueueBytesMax must be at least ${BATCH_BYTES_MAX}`);
  must(config.queueBytesMax >= 2 * config.flowQueueBytesMax, 'queueBytesMax must be twice flowQueueBytesMax or more');
  must(config.controlReserve > 0 && config.controlReserve < 1, 'controlReserve must be between 0 and 1');
  must(config.bulkLanesMax >= 1 && config.bulkLanesMax <= LANES_MAX - 2, `bulkLanesMax must be 1 to ${LANES_MAX - 2}`);
  for (const name of ['creditBytes', 'peerCreditBytes'] as const) {
    const isUsable = config[name].length === CLASSES && config[name].every((b) => b >= BATCH_BYTES_MAX && b < 2 ** 30);
    must(isUsable, `${name} must hold ${CLASSES} values from ${BATCH_BYTES_MAX} to 2^30`);
  }
  must(config.reorderBytesMax >= Math.max(...config.creditBytes), 'reorderBytesMax must cover each of creditBytes');
  return problems;
}
