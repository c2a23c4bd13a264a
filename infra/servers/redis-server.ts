import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { type GuardedProcess, startGuarded } from './guarded-process.ts';
import { untilReady } from './readiness.ts';

export interface RedisServerOptions {
  readonly binary: string;
  /** Holds `redis.conf`. Nothing is written to disk besides: Redis only carries hints. */
  readonly folder: string;
  readonly logFile: string;
  readonly port: number;
  readonly password?: string;
  /** Gets the process before it is ready. */
  readonly onSpawn?: (process: GuardedProcess) => void;
}

export interface RedisServer {
  readonly process: GuardedProcess;
  readonly url: string;
}

/** Starts Redis (or Valkey) on the loopback interface and waits until it answers PING. */
export async function startRedisServer(options: RedisServerOptions): Promise<RedisServer> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const configFile = join(options.folder, 'redis.conf');
  writeFileSync(configFile, redisConfig(options), { mode: 0o600 });
  const process = startGuarded({
    command: options.binary,
    args: [configFile],
    logFile: options.logFile,
    stopSignal: 'SIGTERM',
  });
  options.onSpawn?.(process);
  await untilReady({
    server: 'Redis',
    process,
    logFile: options.logFile,
    timeoutMs: 15_000,
    probe: () => probeRedis({ host: '127.0.0.1', port: options.port, password: options.password }),
  });
  const credentials = options.password === undefined ? '' : `:${encodeURIComponent(options.password)}@`;
  return { process, url: `redis://${credentials}127.0.0.1:${options.port}/0` };
}

/** Resolves when the server answers PING with PONG, after AUTH where there is a password. */
export function probeRedis(target: {
  readonly host: string;
  readonly port: number;
  readonly password?: string | undefined;
}): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: target.host, port: target.port });
    let answer = '';
    socket.setTimeout(2_000, () => socket.destroy(new Error('no answer to PING')));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('Redis closed the connection')));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (answer.includes('+PONG')) {
        resolve();
        socket.end();
      } else if (answer.includes('-')) socket.destroy(new Error(`Redis answered ${answer.trim()}`));
    });
    if (target.password !== undefined) socket.write(respCommand('AUTH', target.password));
    socket.write(respCommand('PING'));
  });
}

function respCommand(...parts: string[]): string {
  return `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;
}

function redisConfig(options: RedisServerOptions): string {
  return [
    'bind 127.0.0.1',
    `port ${options.port}`,
    `dir ${JSON.stringify(options.folder)}`,
    'daemonize no',
    'save ""',
    'appendonly no',
    'maxmemory 128mb',
    'maxmemory-policy allkeys-lru',
    ...(options.password === undefined ? [] : [`requirepass ${options.password}`]),
    '',
  ].join('\n');
}
