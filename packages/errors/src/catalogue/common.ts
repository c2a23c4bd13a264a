import { defineError } from '../peermesh-error.ts';

/** Errors that every service can answer with. */
export const commonErrors = {
  malformedRequest: defineError({
    code: 'PM_COMMON_MALFORMED_REQUEST',
    status: 400,
    title: 'The request cannot be read',
    description:
      'The request line, the URL or a header is not valid HTTP, or the URL holds what no resource can be named by.',
  }),
  malformedBody: defineError({
    code: 'PM_COMMON_MALFORMED_BODY',
    status: 400,
    title: 'The request body cannot be read',
    description: 'The body is not valid JSON, not valid UTF-8, or ended early. Send one complete JSON document.',
  }),
  validationFailed: defineError({
    code: 'PM_COMMON_VALIDATION_FAILED',
    status: 400,
    title: 'The request does not match the contract',
    description: 'A parameter, header or body field has the wrong type, shape or range. `errors` names each of them.',
  }),
  unauthenticated: defineError({
    code: 'PM_COMMON_UNAUTHENTICATED',
    status: 401,
    title: 'Authentication is required',
    description: 'No credential was sent, or it is malformed, expired, revoked or not meant for this service.',
  }),
  forbidden: defineError({
    code: 'PM_COMMON_FORBIDDEN',
    status: 403,
    title: 'The operation is not allowed',
    description: 'The credential is valid but its role or scopes do not include this operation.',
  }),
  notFound: defineError({
    code: 'PM_COMMON_NOT_FOUND',
    status: 404,
    title: 'The resource does not exist',
    description: 'Nothing with this id exists that the caller may know of.',
  }),
  routeNotFound: defineError({
    code: 'PM_COMMON_ROUTE_NOT_FOUND',
    status: 404,
    title: 'There is no such route',
    description: 'The path does not belong to the API. `/api/v1/openapi.json` lists what does.',
  }),
  methodNotAllowed: defineError({
    code: 'PM_COMMON_METHOD_NOT_ALLOWED',
    status: 405,
    title: 'The method is not allowed here',
    description: 'The path exists, but not with this method. The `Allow` header lists the methods it has.',
  }),
  requestTimeout: defineError({
    code: 'PM_COMMON_REQUEST_TIMEOUT',
    status: 408,
    title: 'The request took too long to arrive',
    description: 'Headers or body were not received within the time limit. Send the request again in one go.',
  }),
  conflict: defineError({
    code: 'PM_COMMON_CONFLICT',
    status: 409,
    title: 'The request conflicts with the current state',
    description: 'Something with the same identity exists, or the resource is in a state that forbids this.',
  }),
  versionConflict: defineError({
    code: 'PM_COMMON_VERSION_CONFLICT',
    status: 409,
    title: 'The resource has changed meanwhile',
    description: 'The version that was sent is not the current one. Read again, apply the change, retry.',
  }),
  payloadTooLarge: defineError({
    code: 'PM_COMMON_PAYLOAD_TOO_LARGE',
    status: 413,
    title: 'The request body is too large',
    description: 'The body exceeds the limit of this route. Split it or send less.',
  }),
  unsupportedMediaType: defineError({
    code: 'PM_COMMON_UNSUPPORTED_MEDIA_TYPE',
    status: 415,
    title: 'The content type is not supported',
    description: 'Send `application/json`, or what the operation lists.',
  }),
  headersTooLarge: defineError({
    code: 'PM_COMMON_HEADERS_TOO_LARGE',
    status: 431,
    title: 'The request headers are too large',
    description: 'All headers together may have 16 KiB. Send shorter or fewer ones.',
  }),
  idempotencyKeyRequired: defineError({
    code: 'PM_COMMON_IDEMPOTENCY_KEY_REQUIRED',
    status: 400,
    title: 'An Idempotency-Key is required',
    description: 'This operation must carry an `Idempotency-Key` header: a quoted string, unique per intent.',
  }),
  idempotencyKeyInvalid: defineError({
    code: 'PM_COMMON_IDEMPOTENCY_KEY_INVALID',
    status: 400,
    title: 'The Idempotency-Key is malformed',
    description: 'The header must be a structured-field string of 1 to 255 characters, in double quotes.',
  }),
  idempotencyKeyReused: defineError({
    code: 'PM_COMMON_IDEMPOTENCY_KEY_REUSED',
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    description: 'The same key came with a different method, route or body. Use a new key for a new intent.',
  }),
  idempotencyInFlight: defineError({
    code: 'PM_COMMON_IDEMPOTENCY_IN_FLIGHT',
    status: 409,
    title: 'The first request with this key is still running',
    description: 'Wait for `Retry-After` seconds and send the same request again to get its result.',
  }),
  unprocessable: defineError({
    code: 'PM_COMMON_UNPROCESSABLE',
    status: 422,
    title: 'The request is well-formed but cannot be carried out',
    description: 'The fields are valid one by one but not together. `detail` says why.',
  }),
  tooManyRequests: defineError({
    code: 'PM_COMMON_TOO_MANY_REQUESTS',
    status: 429,
    title: 'Too many requests',
    description: 'A rate limit was reached. Wait for `Retry-After` seconds.',
  }),
  internal: defineError({
    code: 'PM_COMMON_INTERNAL',
    status: 500,
    title: 'An unexpected error happened',
    description: 'The fault is on our side and has been logged under the request id.',
  }),
  unavailable: defineError({
    code: 'PM_COMMON_UNAVAILABLE',
    status: 503,
    title: 'The service cannot answer now',
    description: 'A dependency is away or the service is starting or stopping. Retry after `Retry-After` seconds.',
  }),
} as const;
