import { findErrorDefinition } from './find-error-definition.ts';
import { PeerMeshError, type ProblemDetails } from './peermesh-error.ts';

/**
 * The error that a server turned into this problem. Codes of a newer server than this catalogue are kept as they are.
 * Returns null when the value is not a problem of PeerMesh: it has no `code`.
 */
export function errorFromProblem(problem: unknown, status: number): PeerMeshError | null {
  if (!isProblem(problem)) return null;
  const { type: _type, title, status: _status, code, detail, instance, requestId, ...rest } = problem;
  const { retryAfterSeconds, errors, ...extensions } = rest;
  const known = findErrorDefinition(code);
  return new PeerMeshError(
    {
      code,
      status,
      title: typeof title === 'string' ? title : (known?.title ?? code),
      description: known?.description ?? '',
    },
    {
      ...(typeof detail === 'string' ? { detail } : {}),
      ...(typeof retryAfterSeconds === 'number' ? { retryAfterSeconds } : {}),
      ...(Array.isArray(errors) ? { errors } : {}),
      meta: {
        ...extensions,
        ...(instance === undefined ? {} : { instance }),
        ...(requestId === undefined ? {} : { requestId }),
      },
    },
  );
}

function isProblem(value: unknown): value is ProblemDetails {
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string';
}
