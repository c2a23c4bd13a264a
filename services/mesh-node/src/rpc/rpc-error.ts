import { Code, ConnectError } from '@connectrpc/connect';
import type { PeerMeshError } from '@peermesh/errors';
import { asPeerMeshError } from '@peermesh/service-kit';
import type { Logger } from '@peermesh/telemetry';
import { ProblemSchema } from '../gen/peermesh/mesh/v1/problem_pb.ts';

/** Trailer with the code of the catalogue, for clients that read no details. */
const CODE_HEADER = 'peermesh-code';

const CODES: Readonly<Record<number, Code>> = {
  400: Code.InvalidArgument,
  401: Code.Unauthenticated,
  403: Code.PermissionDenied,
  404: Code.NotFound,
  408: Code.DeadlineExceeded,
  409: Code.FailedPrecondition,
  410: Code.OutOfRange,
  413: Code.ResourceExhausted,
  422: Code.InvalidArgument,
  429: Code.ResourceExhausted,
  503: Code.Unavailable,
  504: Code.DeadlineExceeded,
};

/** Where gRPC knows a better word than the status says. */
const CODES_BY_NAME: Readonly<Record<string, Code>> = {
  PM_MESH_RECORD_DAMAGED: Code.DataLoss,
  PM_MESH_ALREADY_MEMBER: Code.AlreadyExists,
};

/** The status of an RPC for an error of the catalogue, with the whole problem as its detail. */
export function rpcErrorOf(error: PeerMeshError): ConnectError {
  const { detail } = error.occurrence;
  return new ConnectError(
    detail ?? error.title,
    CODES_BY_NAME[error.code] ?? CODES[error.status] ?? Code.Internal,
    { [CODE_HEADER]: error.code },
    [{ desc: ProblemSchema, value: problemOf(error) }],
    error,
  );
}

/** A problem of the REST API as a message. */
export function problemOf(error: PeerMeshError) {
  const { detail, retryAfterSeconds, errors, meta } = error.occurrence;
  return {
    code: error.code,
    status: error.status,
    title: error.title,
    detail: detail ?? '',
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterSeconds)) }),
    violations: (errors ?? []).map(({ pointer, message }) => ({ pointer, message })),
    facts: Object.fromEntries(Object.entries(meta ?? {}).map(([name, fact]) => [name, String(fact)])),
  };
}

/** What an RPC ends with: catalogue errors by their status, whatever else was thrown as internal and logged. */
export function rpcErrorFrom(cause: unknown, log: Pick<Logger, 'error'>): ConnectError {
  if (cause instanceof ConnectError) return cause;
  const error = asPeerMeshError(cause);
  if (error.status >= 500 && error.status !== 503) log.error({ code: error.code, err: error }, 'call failed');
  return rpcErrorOf(error);
}
