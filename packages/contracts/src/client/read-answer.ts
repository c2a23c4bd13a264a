import { clientErrors, errorFromProblem, PROBLEM_CONTENT_TYPE } from '@peermesh/errors';
import type { RouteDefinition } from '../define-route.ts';
import { JSON_MEDIA_TYPE, mediaTypeOf } from '../schema/media-type.ts';

/** The answer of the contract that a response holds. Throws the server's own error, or says what else came. */
export async function readAnswer(route: RouteDefinition, response: Response): Promise<unknown> {
  const { status, headers } = response;
  const mediaType = headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const schema = route.responses[status];
  if (schema === undefined || mediaType === PROBLEM_CONTENT_TYPE) throw await failureOf(route, response);
  if (schema === null) {
    await response.body?.cancel();
    return { status, headers };
  }
  const expected = mediaTypeOf(schema);
  if (mediaType !== expected) throw unexpected(route, response, `is ${mediaType || 'untyped'} instead of ${expected}`);
  if (expected === JSON_MEDIA_TYPE) return { status, headers, body: await jsonOf(route, response) };
  return { status, headers, body: await textOf(response, expected) };
}

/** Text as it is, anything else in Base64. */
async function textOf(response: Response, mediaType: string): Promise<string> {
  if (mediaType.startsWith('text/')) return response.text();
  return Buffer.from(await response.arrayBuffer()).toString('base64');
}

async function failureOf(route: RouteDefinition, response: Response): Promise<Error> {
  const text = await response.text();
  try {
    const error = errorFromProblem(JSON.parse(text), response.status);
    if (error !== null) return error;
  } catch {
    return unexpected(route, response, 'is not one of the contract');
  }
  return unexpected(route, response, 'is not one of the contract');
}

async function jsonOf(route: RouteDefinition, response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unexpected(route, response, 'holds broken JSON', cause);
  }
}

function unexpected(route: RouteDefinition, response: Response, what: string, cause?: unknown): Error {
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return clientErrors.unexpectedAnswer({
    detail: `The answer ${response.status} to ${route.id} ${what}.`,
    meta: { answerStatus: response.status },
    ...(Number.isFinite(retryAfter) ? { retryAfterSeconds: retryAfter } : {}),
    ...(cause === undefined ? {} : { cause }),
  });
}
