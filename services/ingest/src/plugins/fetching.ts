import { createGuardedAgent } from '@peermesh/http-guard';
import { openRedis } from '@peermesh/service-kit/redis';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';
import type { Redis } from 'ioredis';
import { createHttpFetcher } from '../adapters/http/http-fetcher.ts';
import { createLocalHostGate } from '../adapters/local/local-host-gate.ts';
import { createRedisHostGate } from '../adapters/redis/redis-host-gate.ts';
import type { IngestConfig } from '../config.ts';
import type { Clock } from '../ports.ts';
import type { FetchDependencies } from '../usecases/fetch-source.ts';

/** The name that robots.txt files address. */
export const USER_AGENT_TOKEN = 'PeerMesh';

/** What fetching adds to storing. */
export interface Fetching {
  readonly parts: Pick<
    FetchDependencies,
    'gate' | 'fetcher' | 'userAgentToken' | 'delayMsMin' | 'policy' | 'timeoutMs' | 'bodyBytesMax'
  >;
  readonly redis: Redis;
  close(): Promise<void>;
}

/** Opens the guarded HTTP agent and the host gate. Redis may be away: then each process keeps hosts apart by itself. */
export function openFetching(config: IngestConfig, clock: Clock, logger: Logger, metrics: MetricsRegistry): Fetching {
  const fallbacks = metrics.counter({
    name: 'ingest_host_gate_fallbacks_total',
    help: 'Decisions of the host gate that were made without Redis.',
  });
  const redis = openRedis(config.REDIS_URL, { name: 'ingest', logger });
  const agent = createGuardedAgent({
    allowHosts: allowedHosts(config),
    connections: Math.max(2, config.HOST_CONCURRENCY),
    headersTimeoutMs: config.FETCH_TIMEOUT_MS,
    bodyTimeoutMs: config.FETCH_TIMEOUT_MS,
  });
  const gateOptions = { concurrencyPerHost: config.HOST_CONCURRENCY, permitTtlMs: config.FETCH_TIMEOUT_MS + 30_000 };
  const gate = createRedisHostGate(redis, gateOptions, createLocalHostGate(gateOptions, clock), (cause) => {
    fallbacks.inc();
    logger.debug({ err: cause }, 'host gate works without redis');
  });
  return {
    redis,
    parts: {
      gate,
      fetcher: createHttpFetcher(agent, `${USER_AGENT_TOKEN}/1.0 (+${config.INGEST_USER_AGENT_CONTACT})`),
      userAgentToken: USER_AGENT_TOKEN,
      delayMsMin: config.HOST_DELAY_MS_MIN,
      timeoutMs: config.FETCH_TIMEOUT_MS,
      bodyBytesMax: config.FETCH_BODY_BYTES_MAX,
      policy: {
        intervalMsMin: config.FETCH_INTERVAL_MS_MIN,
        intervalMsMax: config.FETCH_INTERVAL_MS_MAX,
        cronJitterMsMax: config.FETCH_CRON_JITTER_MS_MAX,
        deadAfterMs: config.FETCH_DEAD_AFTER_MS,
        hostPauseMs: config.HOST_PAUSE_MS,
        moveConfirmations: 3,
      },
    },
    close: async () => {
      await gate.close();
      redis.disconnect();
      await agent.close();
    },
  };
}

/** The hosts that the operator has opened. */
export function allowedHosts(config: IngestConfig): string[] {
  return config.INGEST_ALLOW_PRIVATE_HOSTS.split(',')
    .map((host) => host.trim())
    .filter((host) => host !== '');
}
