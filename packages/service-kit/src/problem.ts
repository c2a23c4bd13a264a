import { isConnectionLoss } from '@peermesh/database';
import { commonErrors, isPeerMeshError, type PeerMeshError, PROBLEM_CONTENT_TYPE } from '@peermesh/errors';
import type { ErrorObject } from 'ajv';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

type ErrorLike = Partial<FastifyError> & {
  readonly validation?: readonly ErrorObject[];
  readonly validationContext?: string;
};

/** Turns anything that was thrown while handling a request into an error of the catalogue. */
export function asPeerMeshError(error: unknown): PeerMeshError {
  if (isPeerMeshError(error)) return error;
  const like: ErrorLike = typeof error === 'object' && error !== null ? error : {};
  if (like.validation !== undefined) {
    return commonErrors.validationFailed({
      detail: `The ${like.validationContext ?? 'request'} does not match the contract.`,
      errors: like.validation.map((entry) => ({
        pointer: `/${like.validationContext ?? 'request'}${entry.instancePath}`,
        message: describe(entry),
      })),
      cause: error,
    });
  }
  switch (like.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return commonErrors.payloadTooLarge({ cause: error });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return commonErrors.unsupportedMediaType({ cause: error });
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return commonErrors.malformedBody({ cause: error });
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return commonErrors.malformedRequest({ cause: error });
    default:
      break;
  }
  if (isConnectionLoss(error)) return commonErrors.unavailable({ cause: error, retryAfterSeconds: 1 });
  if (like.statusCode === 400) return commonErrors.malformedBody({ cause: error });
  if (like.statusCode === 413) return commonErrors.payloadTooLarge({ cause: error });
  if (like.statusCode === 415) return commonErrors.unsupportedMediaType({ cause: error });
  return commonErrors.internal({ cause: error });
}

function describe(entry: ErrorObject): string {
  const extra: unknown = entry.params['additionalProperty'];
  return typeof extra === 'string' ? `unknown field "${extra.slice(0, 100)}"` : (entry.message ?? 'is not valid');
}

/** Sends an error as RFC 9457 problem details and logs it once: 5xx as `error`, the rest as `info`. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = asPeerMeshError(error);
  const fields = { code: known.code, status: known.status };
  if (known.status >= 500 && known.status !== 503) request.log.error({ ...fields, err: known }, 'request failed');
  else request.log.info({ ...fields, reason: known.occurrence.internal ?? known.occurrence.detail }, 'request refused');
  const retryAfter = known.occurrence.retryAfterSeconds;
  if (retryAfter !== undefined) reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfter))));
  if (known.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply
    .code(known.status)
    .header('content-type', PROBLEM_CONTENT_TYPE)
    .send(Buffer.from(JSON.stringify(known.toProblem({ instance: pathOf(request.url), requestId: request.id }))));
}

function pathOf(url: string): string {
  const end = url.indexOf('?');
  return (end === -1 ? url : url.slice(0, end)).slice(0, 2048);
}
