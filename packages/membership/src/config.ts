/** Every timer, limit and multiplier of the membership protocol. Times are milliseconds. */
export interface MembershipConfig {
  /** Time between the starts of two probes, at full local health. */
  readonly probeIntervalMs: number;
  /** How long one round of a probe waits for its acknowledgement; above the usual round trip. */
  readonly probeRoundMs: number;
  /** Rounds of a probe: the first is direct, each later one is direct again and through helpers. */
  readonly probeRounds: number;
  /** Helpers asked in each indirect round. */
  readonly indirectProbes: number;
  /** The shortest suspicion lasts this many probe intervals, times log10 of the member count. */
  readonly suspicionMultiplier: number;
  /** A suspicion that nobody confirms lasts this many times the shortest. */
  readonly suspicionMaxFactor: number;
  /** Independent confirmations that bring a suspicion down to the shortest. */
  readonly suspicionConfirmations: number;
  /** Upper end of the local health score; timeouts stretch by (score + 1). */
  readonly localHealthMax: number;
  /** Each such step of event-loop delay adds one to the local health score. */
  readonly eventLoopDelayStepMs: number;
  /** A call that comes later than due by more than this is a stall of the observer itself. */
  readonly stallThresholdMs: number;
  readonly gossipIntervalMs: number;
  /** Members that get a gossip packet in each interval while there is something to tell. */
  readonly gossipFanout: number;
  /** How long a failed member still gets gossip, so that it can object. */
  readonly gossipToFailedMs: number;
  /** A claim is sent this many times log10 of the member count before it leaves the queue. */
  readonly retransmitMultiplier: number;
  /** Time between two anti-entropy exchanges. */
  readonly syncIntervalMs: number;
  /** Failed members that one exchange may make this member look at by itself. */
  readonly syncChecksMax: number;
  /** Time between two attempts to reach failed members, or seeds while alone. */
  readonly reconnectIntervalMs: number;
  /** First and last delay between attempts to join. */
  readonly joinRetryMinMs: number;
  readonly joinRetryMaxMs: number;
  /** How long a leaving member stays to spread its farewell. */
  readonly leaveTimeoutMs: number;
  /** How long a member that left is remembered, so that stale claims do not bring it back. */
  readonly leftRetentionMs: number;
  /** Size limit of probe and gossip packets. */
  readonly packetBytesMax: number;
  /** Size limit of join and anti-entropy messages, which need a reliable channel. */
  readonly syncBytesMax: number;
  /** UTF-8 size limit of one member's metadata. */
  readonly metadataBytesMax: number;
  /** Members of all states that are kept; failed ones make room first. */
  readonly membersMax: number;
}

const LAN: MembershipConfig = {
  probeIntervalMs: 250,
  probeRoundMs: 200,
  probeRounds: 3,
  indirectProbes: 3,
  suspicionMultiplier: 3,
  suspicionMaxFactor: 4,
  suspicionConfirmations: 3,
  localHealthMax: 8,
  eventLoopDelayStepMs: 50,
  stallThresholdMs: 100,
  gossipIntervalMs: 100,
  gossipFanout: 3,
  gossipToFailedMs: 15_000,
  retransmitMultiplier: 4,
  syncIntervalMs: 10_000,
  syncChecksMax: 16,
  reconnectIntervalMs: 3_000,
  joinRetryMinMs: 500,
  joinRetryMaxMs: 15_000,
  leaveTimeoutMs: 5_000,
  leftRetentionMs: 600_000,
  packetBytesMax: 1_400,
  syncBytesMax: 4 * 1024 * 1024,
  metadataBytesMax: 512,
  membersMax: 10_000,
};

/** Presets: `lan` for round trips under 150 ms, `wan` for any, `test` for loopback tests in real time. */
export const MEMBERSHIP_PRESETS = {
  lan: LAN,
  wan: {
    ...LAN,
    probeIntervalMs: 600,
    probeRoundMs: 500,
    suspicionMultiplier: 4,
    suspicionMaxFactor: 6,
    gossipIntervalMs: 250,
    gossipFanout: 4,
    gossipToFailedMs: 60_000,
    syncIntervalMs: 30_000,
    reconnectIntervalMs: 8_000,
  },
  test: {
    ...LAN,
    probeIntervalMs: 50,
    probeRoundMs: 25,
    suspicionMultiplier: 4,
    gossipIntervalMs: 15,
    gossipToFailedMs: 2_000,
    syncIntervalMs: 1_000,
    reconnectIntervalMs: 300,
    joinRetryMinMs: 50,
    joinRetryMaxMs: 500,
    leaveTimeoutMs: 500,
    leftRetentionMs: 5_000,
  },
} as const satisfies Record<string, MembershipConfig>;

const MAY_BE_ZERO: ReadonlySet<keyof MembershipConfig> = new Set([
  'indirectProbes',
  'suspicionConfirmations',
  'localHealthMax',
  'gossipToFailedMs',
  'metadataBytesMax',
  'syncChecksMax',
]);

/**
 * Checks a configuration.
 * @returns every flaw as one line; empty when it is sound.
 */
export function membershipConfigFlaws(config: MembershipConfig): readonly string[] {
  const flaws: string[] = [];
  for (const [name, value] of Object.entries(config) as [keyof MembershipConfig, number][]) {
    const least = MAY_BE_ZERO.has(name) ? 0 : Number.MIN_VALUE;
    if (!Number.isFinite(value) || value < least)
      flaws.push(`${name} must be ${least === 0 ? 'zero or ' : ''}positive`);
  }
  if (config.suspicionMaxFactor < 1) flaws.push('suspicionMaxFactor must be at least 1');
  if (config.probeRounds % 1 !== 0) flaws.push('probeRounds must be a whole number');
  if (config.joinRetryMaxMs < config.joinRetryMinMs) flaws.push('joinRetryMaxMs must be at least joinRetryMinMs');
  if (config.packetBytesMax < 1_200) flaws.push('packetBytesMax must be at least 1200');
  if (config.packetBytesMax < config.metadataBytesMax + 512) {
    flaws.push('packetBytesMax must exceed metadataBytesMax by 512');
  }
  return flaws;
}
