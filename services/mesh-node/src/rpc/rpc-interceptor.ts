import { Code, ConnectError, type Interceptor } from '@connectrpc/connect';
import { DURATION_BUCKETS_SECONDS, type Logger, type MetricsRegistry } from '@peermesh/telemetry';
import { rpcErrorFrom } from './rpc-error.ts';

/** Ends calls at their deadline, turns what is thrown into a status, and measures rate, errors and duration. */
export function rpcInterceptor(metrics: MetricsRegistry, log: Logger): Interceptor {
  const duration = metrics.histogram({
    name: 'rpc_request_duration_seconds',
    help: 'Time from the beginning of a call to the end of its answer; a stream lasts as long as its reader stays.',
    labels: ['method', 'code'],
    buckets: DURATION_BUCKETS_SECONDS,
  });
  return (next) => async (request) => {
    const startedAt = performance.now();
    const method = `${request.service.typeName}/${request.method.name}`;
    const ended = (code: string): void => duration.observe({ method, code }, (performance.now() - startedAt) / 1000);
    const failed = (cause: unknown): ConnectError => {
      const error = rpcErrorFrom(cause, log);
      ended(codeName(error.code));
      return error;
    };
    try {
      const response = await (request.stream ? next(request) : beforeEnd(next(request), request.signal));
      if (!response.stream) {
        ended('ok');
        return response;
      }
      return { ...response, message: watched(response.message, () => ended('ok'), failed) };
    } catch (cause) {
      throw failed(cause);
    }
  };
}

/** The answer, or the reason of the signal if that comes first: what was begun may still take effect. */
async function beforeEnd<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([answer, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function* watched<T>(
  messages: AsyncIterable<T>,
  ended: () => void,
  failed: (cause: unknown) => ConnectError,
): AsyncIterable<T> {
  let hasFailed = false;
  try {
    yield* messages;
  } catch (cause) {
    hasFailed = true;
    throw failed(cause);
  } finally {
    if (!hasFailed) ended();
  }
}

/** As gRPC names it, such as `resource_exhausted`. */
function codeName(code: Code): string {
  return (Code[code] ?? 'Unknown').replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}
