export { authErrors } from './catalogue/auth.ts';
export { clientErrors } from './catalogue/client.ts';
export { commonErrors } from './catalogue/common.ts';
export { gatewayErrors } from './catalogue/gateway.ts';
export { httpGuardErrors } from './catalogue/http-guard.ts';
export { errorCatalogue } from './catalogue/index.ts';
export { ingestErrors } from './catalogue/ingest.ts';
export { meshErrors } from './catalogue/mesh.ts';
export { publisherErrors } from './catalogue/publisher.ts';
export { routerErrors } from './catalogue/router.ts';
export { searchErrors } from './catalogue/search.ts';
export { errorFromProblem } from './error-from-problem.ts';
export { findErrorDefinition } from './find-error-definition.ts';
export {
  defineError,
  type ErrorDefinition,
  type ErrorFactory,
  type ErrorOccurrence,
  hasErrorCode,
  isPeerMeshError,
  PeerMeshError,
  PROBLEM_CONTENT_TYPE,
  PROBLEM_TYPE_BASE,
  type ProblemDetails,
} from './peermesh-error.ts';
