import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_MESH_CORE, MeshCore, type MeshEvent } from '@peermesh/mesh-core';
import type { OverlayDelivery } from '@peermesh/overlay';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';
import type { MeshAdministration } from '../administration-port.ts';
import { addressesOf, type MeshNodeConfig } from '../config.ts';
import { DataNode } from '../data/index.ts';
import type { Fact } from '../facts/fact.ts';
import { loadOrCreateNodeKey } from '../identity/index.ts';
import type { MeshRuntime, Topics } from '../ports.ts';
import { createRouteTaker, type RouteTaker } from '../router-routes/route-taker.ts';
import { LmdbCursorStore, NodeStateStore, openLmdbStores, TopicLog, TopicRetention } from '../store/index.ts';
import { createTransport, type Transport } from '../transport/index.ts';
import { Administration } from './administration.ts';
import { meshChangeOf } from './change-teller.ts';
import { meshCoreConfigOf, queueLimitsOf, transportLimitsOf } from './configured-limits.ts';
import { NODE_KEY_FILE } from './credentials.ts';
import { watchEventLoopDelay } from './event-loop-delay.ts';
import { FactTeller } from './fact-teller.ts';
import { GroupClock } from './group-clock.ts';
import { observeWrites } from './group-metrics.ts';
import { MeshDriver } from './mesh-driver.ts';
import { NodeHealth } from './node-health.ts';
import { observeNode } from './node-metrics.ts';
import { NodeRuntime } from './node-runtime.ts';
import { NodeSecurity } from './node-security.ts';
import { NodeTopics } from './node-topics.ts';
import { openNodeVolume } from './node-volume.ts';
import { PeerHealth } from './peer-health.ts';
import { restore } from './restore.ts';
import { observeSecurity } from './security-metrics.ts';
import { createSigner } from './signer.ts';

const DATA_CHANNEL = 16;
const DATA_TICK_MS = 100;
const SWEEP_MS = 10_000;
const WALL_CLOCK_MS = 60_000;
const SECURITY_TICK_MS = 5_000;
const U32_RANGE = 2 ** 32;
const RANDOM_RANGE = 2 ** 48 - 1;

/** A node that runs. */
export interface OpenNode {
  readonly runtime: MeshRuntime;
  readonly administration: MeshAdministration;
  readonly topics: Topics;
  /** For the routes of a router. */
  readonly taker: RouteTaker;
  /** For reading. */
  readonly core: MeshCore;
  /** Looks at once at the certificate files, which it does every few seconds anyway. */
  reload(): void;
  /** Throws when the node cannot do its work. */
  check(): void;
  /** Kept, with the reason, when the node must be started anew. */
  readonly ended: Promise<Error>;
  /** p99 of the last second. */
  eventLoopDelayMs(): number;
  /** Closes connections, writes what is under way, and lets go of the disk. The membership stays. */
  stop(): Promise<void>;
}

/** What a node is given besides its settings. */
export interface NodeParts {
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  readonly tell: (fact: Fact) => void;
  /** The clock on the wall, ms since 1970; that of the machine unless told otherwise. */
  readonly wallMs?: () => number;
}

/** Opens the disk, the port and the mesh of this node. Needs no other server. */
export async function openNode(config: MeshNodeConfig, parts: NodeParts): Promise<OpenNode> {
  const { logger, metrics, tell, wallMs = Date.now } = parts;
  const now = (): number => performance.now();
  mkdirSync(config.MESH_HOME, { recursive: true, mode: 0o700 });
  const key = loadOrCreateNodeKey(join(config.MESH_HOME, NODE_KEY_FILE));
  const { nodeId } = key;
  const volume = openNodeVolume(config.MESH_HOME, {
    nodeId,
    reserveBytes: config.MESH_DISK_RESERVE_BYTES,
    logger,
  });
  const health = new NodeHealth(volume, logger);
  const stores = await openLmdbStores(volume);
  const nodeState = new NodeStateStore(volume);
  const kept = await nodeState.start();
  const { bootEpoch } = kept;
  const security = await NodeSecurity.open({
    home: config.MESH_HOME,
    key,
    store: nodeState,
    kept,
    keyEpochHours: config.MESH_KEY_EPOCH_HOURS,
    logger,
    wallMs,
  });
  const log = new TopicLog(volume);
  const cursors = new LmdbCursorStore(volume);
  const retention = new TopicRetention(log, {
    ageMsMax: config.MESH_TOPIC_RETENTION_HOURS * 3_600_000,
    bytesMax: config.MESH_TOPIC_BYTES_MAX,
    hardBytesMax: config.MESH_TOPIC_BYTES_MAX * 2,
  });
  const core = new MeshCore(
    {
      self: {
        nodeId: key.nodeId,
        volumeId: volume.identity.volumeId,
        bootEpoch,
        sealingKey: security.sealing.publicKey,
        certificate: security.credentials.current?.serialNumber ?? '',
        description: descriptionOf(config),
      },
      signer: createSigner(key),
      random: () => randomInt(RANDOM_RANGE) / RANDOM_RANGE,
      config: meshCoreConfigOf(config),
      restored: { ...restore(stores), peers: security.peers.addresses },
    },
    now(),
  );
  const clock = new GroupClock({ wallMs, now }, logger);
  const writeDuration = observeWrites(metrics);
  const peers = new PeerHealth((nodeId, isHealthy) => {
    if (!isHealthy) logger.warn({ peer: nodeId }, 'a peer gives no sign of life');
    facts.peerHealth(nodeId, isHealthy, now());
    runtime.changed({ type: 'peer', nodeId, name: view.nameOf(nodeId), isHealthy });
  });
  const driver = new MeshDriver({
    core,
    stores,
    now,
    events: {
      onEvent: (event, nowMs) => onEvent(event, nowMs),
      onDelivery: (delivery, nowMs) => onDelivery(delivery, nowMs),
      onConnection: (connection) => peers.connected(connection),
      onEnded: (connection, reason) => peers.ended(connection, reason),
      onDone: () => clock.decided(core.session?.plane.state),
      onWritten: (tookMs) => writeDuration.observe(tookMs / 1000),
      onDialFailed: (address, error) => logger.debug({ address, reason: error.reason }, 'a node was not reached'),
      onStorageFailed: (error) => health.storageFailed(error),
      onFatal: (error) => health.coreFailed(error),
    },
  });
  const data = new DataNode({
    log,
    cursors,
    sender: {
      send: (dst, { isReliable, trafficClass }, bytes) => {
        const taken = driver.run((mesh, nowMs) =>
          mesh.send(dst, DATA_CHANNEL, bytes, { isReliable, trafficClass }, nowMs),
        );
        return taken === 'accepted' ? 'accepted' : 'wouldBlock';
      },
    },
    hasRoom: (topic, bytes) => retention.hasRoom(topic, bytes),
    bootEpoch,
    wallMs,
    queue: queueLimitsOf(config),
  });
  const transport = createTransport(
    {
      key,
      incarnation: randomInt(U32_RANGE),
      link: DEFAULT_MESH_CORE.overlay.link,
      listens: addressesOf(config.MESH_LISTEN),
      credentials: security.transportCredentials(core.session?.plane.state.meshId ?? ''),
      isRevoked: (nodeId, serialNumber) => security.revocations.isRevoked(nodeId, serialNumber),
      // Certificates and tokens expire by the clock on the wall.
      now: wallMs,
      limits: transportLimitsOf(config),
    },
    driver.transportEvents,
  );
  const listens = await listenIfPossible(transport, config, logger);
  const runtime = new NodeRuntime({ driver, now, name: config.MESH_NAME, listens, health: peers });
  const { view } = runtime;
  const facts = new FactTeller({ core, view, tell, wall: () => new Date(wallMs()) });
  const onEvent = (event: MeshEvent, nowMs: number): void => {
    if (event.kind === 'phase') logger.info({ phase: event.phase }, 'part in the mesh changed');
    if (event.kind === 'leader') logger.info({ leader: event.leader, term: event.term }, 'leader of the mesh changed');
    if (event.kind === 'changed' || event.kind === 'restored') setDataMembers();
    security.onEvent(event, core);
    if (event.kind === 'changed') clock.seen(core.session?.plane.state);
    if (event.kind === 'reachable' && event.isReachable) data.reconnected(event.shortId, nowMs);
    facts.onEvent(event);
    const change = meshChangeOf(event, view);
    if (change !== null) runtime.changed(change);
  };
  const onDelivery = ({ src, channel, bytes }: OverlayDelivery, nowMs: number): void => {
    if (channel === DATA_CHANNEL) data.received(src, bytes, nowMs);
  };
  const setDataMembers = (): void => {
    const { session } = core;
    if (session === null) return;
    const { members, incarnation } = session.plane.state;
    const others = [...members.keys()].filter((shortId) => shortId !== session.shortId);
    // Not by its name: a mesh that is made anew gives the same numbers to other nodes.
    data.setMembers(others, incarnation);
    const nodeIds = new Set([...members.values()].map(({ nodeId }) => nodeId));
    peers.keepOnly((peer) => nodeIds.has(peer));
  };
  const topics = new NodeTopics({
    data,
    self: () => core.session?.shortId ?? 0,
    hasDisk: () => !health.hasStorageFailed,
    onStored: (batch) => {
      const { session } = core;
      if (session === null) return;
      const { shortId } = session;
      tell({
        kind: 'messages',
        ...batch,
        meshId: session.plane.state.meshId,
        node: shortId,
        origin: shortId,
        at: new Date(wallMs()),
      });
    },
  });
  core.setWallClock(wallMs(), now());
  setDataMembers();
  driver.start(transport);
  security.start(driver, transport, now);
  const delay = watchEventLoopDelay((p99Ms) => driver.run((mesh) => mesh.setEventLoopDelay(p99Ms)));
  const timers = [
    setInterval(() => {
      data.tick(now());
      facts.tick(now());
    }, DATA_TICK_MS),
    setInterval(() => driver.run((mesh, nowMs) => mesh.setWallClock(wallMs(), nowMs)), WALL_CLOCK_MS),
    setInterval(() => security.tick(), SECURITY_TICK_MS),
    setInterval(() => {
      retention
        .sweep(wallMs(), (topic) => data.neededFrom(topic))
        .catch((error: unknown) => logger.error({ err: error }, 'old messages could not be forgotten'));
    }, SWEEP_MS),
  ];
  observeNode(metrics, {
    core,
    view,
    data,
    health: peers,
    transport,
    storageFailed: () => health.hasStorageFailed,
  });
  observeSecurity(metrics, { core, security, clock });
  logger.info({ nodeId: key.nodeId, listens, phase: core.phase }, 'node is open');
  return {
    runtime,
    administration: new Administration(driver, security, clock),
    reload: () => security.tick(),
    topics,
    taker: createRouteTaker(driver, key, wallMs),
    core,
    check: () => health.check(),
    ended: health.ended,
    eventLoopDelayMs: () => delay.p99Ms,
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      delay.stop();
      health.stop();
      await data.close();
      await driver.stop();
      await volume.close();
    },
  };
}

/** A node that cannot listen yet, because it has no certificate, still answers its API: that is how it gets one. */
async function listenIfPossible(transport: Transport, config: MeshNodeConfig, logger: Logger): Promise<string[]> {
  if (config.MESH_LISTEN === '') return [];
  try {
    return [...(await transport.listen())];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
    logger.error(
      { err: error },
      'this node accepts no other nodes: give it a certificate with mesh ca and start it again',
    );
    return [];
  }
}

function descriptionOf(config: MeshNodeConfig) {
  const isInbound = config.MESH_LISTEN !== '';
  const addresses = addressesOf(config.MESH_ADVERTISE === '' ? config.MESH_LISTEN : config.MESH_ADVERTISE);
  return {
    name: config.MESH_NAME,
    address: isInbound ? addresses.join(' ') : '',
    isInbound,
    isRelay: config.MESH_MAY_RELAY,
    region: config.MESH_REGION,
    tenant: '',
    labels: [],
  };
}
