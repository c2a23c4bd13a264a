export { commonErrors } from './catalogue/common.ts';
export { httpGuardErrors } from './catalogue/http-guard.ts';
export { ingestErrors } from './catalogue/ingest.ts';
export { errorCatalogue } from './catalogue/index.ts';
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
