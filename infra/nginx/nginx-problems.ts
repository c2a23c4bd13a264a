import { commonErrors, type ErrorDefinition, gatewayErrors, PROBLEM_TYPE_BASE } from '@peermesh/errors';

/** Statuses that nginx may answer by itself, and the catalogue entry that says what they mean. */
const PROBLEMS: readonly (readonly [nginxStatus: number, status: number, error: ErrorDefinition])[] = [
  [400, 400, commonErrors.malformedRequest],
  [404, 404, commonErrors.routeNotFound],
  [408, 408, commonErrors.requestTimeout],
  [413, 413, commonErrors.payloadTooLarge],
  [414, 431, commonErrors.headersTooLarge],
  [429, 429, commonErrors.tooManyRequests],
  // nginx's own number for a header that does not fit.
  [494, 431, commonErrors.headersTooLarge],
  [500, 500, commonErrors.internal],
  [502, 503, gatewayErrors.upstreamUnavailable],
  [503, 503, gatewayErrors.upstreamUnavailable],
  [504, 504, gatewayErrors.upstreamTimeout],
];

/** `error_page` directives that lead to {@link problemLocations}. */
export function errorPages(): string[] {
  return PROBLEMS.map(([nginxStatus]) => `error_page ${nginxStatus} = @problem_${nginxStatus};`);
}

/** One named location per status, answering with problem details as every service does. */
export function problemLocations(): string[] {
  return PROBLEMS.flatMap(([nginxStatus, status, { code, title }]) => [
    `location @problem_${nginxStatus} {`,
    '  internal;',
    '  default_type application/problem+json;',
    '  add_header Strict-Transport-Security "max-age=31536000" always;',
    '  add_header X-Request-Id $edge_request_id always;',
    ...(status === 429 || status === 503 ? ['  add_header Retry-After 1 always;'] : []),
    `  return ${status} '${JSON.stringify({ type: `${PROBLEM_TYPE_BASE}${code}`, title, status, code })}';`,
    '}',
  ]);
}

/** What nginx says by itself to a client of gRPC, which reads a status of gRPC and not one of HTTP (gRPC over HTTP/2, "Responses"). */
const RPC_PROBLEMS: readonly (readonly [nginxStatus: number, grpcStatus: number, error: ErrorDefinition])[] = [
  [429, 8, commonErrors.tooManyRequests],
  [502, 14, gatewayErrors.upstreamUnavailable],
  [503, 14, gatewayErrors.upstreamUnavailable],
  [504, 14, gatewayErrors.upstreamTimeout],
];

/** `error_page` directives that lead to {@link rpcProblemLocations}. */
export function rpcErrorPages(): string[] {
  return RPC_PROBLEMS.map(([nginxStatus]) => `error_page ${nginxStatus} = @rpc_problem_${nginxStatus};`);
}

/** One named location per status: an answer of gRPC without a message, with the code of the catalogue as every service sends it. */
export function rpcProblemLocations(): string[] {
  return RPC_PROBLEMS.flatMap(([nginxStatus, grpcStatus, { code, title }]) => [
    `location @rpc_problem_${nginxStatus} {`,
    '  internal;',
    '  default_type application/grpc;',
    `  add_header grpc-status ${grpcStatus} always;`,
    `  add_header grpc-message ${JSON.stringify(title)} always;`,
    `  add_header peermesh-code ${code} always;`,
    '  add_header X-Request-Id $edge_request_id always;',
    '  return 200;',
    '}',
  ]);
}
