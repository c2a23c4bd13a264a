/** The media type of RFC 9457 problem details. */
export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/**
 * What every problem `type` begins with. It is a reference with a full path, as RFC 9457 section 3.1.1 asks of relative
 * ones: against the URL of the request it resolves to the page that the gateway of that very installation serves.
 */
export const PROBLEM_TYPE_BASE = '/docs/errors/';

/** What the catalogue knows about one error code. */
export interface ErrorDefinition<Code extends string = string> {
  /** Stable identifier, `PM_<AREA>_<REASON>`. Clients match on it, never on a message. */
  readonly code: Code;
  /** HTTP status that the error has at the REST border. */
  readonly status: number;
  /** Short summary, the same for every occurrence. */
  readonly title: string;
  /** What happened and what the caller can do about it; becomes the documentation page. */
  readonly description: string;
}

/** RFC 9457 problem details with PeerMesh's extension members. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly instance?: string;
  readonly requestId?: string;
  readonly retryAfterSeconds?: number;
  /** One entry per rejected field: a JSON pointer and a sentence. */
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
  readonly [extension: string]: unknown;
}

/** What one occurrence of an error adds to its definition. */
export interface ErrorOccurrence {
  /** Public text about this occurrence. Never put secrets or driver messages here. */
  readonly detail?: string;
  /** Text for the log only. */
  readonly internal?: string;
  readonly cause?: unknown;
  /** Public extension members of the problem, such as `currentVersion`. */
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number;
  readonly errors?: ProblemDetails['errors'];
}

const BRAND = Symbol.for('peermesh.error');

/** An error of the catalogue. Recognise it with {@link isPeerMeshError} and branch on `code`. */
export class PeerMeshError extends Error {
  readonly [BRAND] = true;
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly occurrence: ErrorOccurrence;

  constructor(definition: ErrorDefinition, occurrence: ErrorOccurrence = {}) {
    super(
      occurrence.internal ?? occurrence.detail ?? definition.title,
      occurrence.cause === undefined ? {} : { cause: occurrence.cause },
    );
    this.name = 'PeerMeshError';
    this.code = definition.code;
    this.status = definition.status;
    this.title = definition.title;
    this.occurrence = occurrence;
  }

  /** The public face of this error. `internal` and `cause` stay behind. */
  toProblem(context: { instance?: string; requestId?: string } = {}): ProblemDetails {
    const { detail, meta, retryAfterSeconds, errors } = this.occurrence;
    return {
      ...meta,
      type: `${PROBLEM_TYPE_BASE}${this.code}`,
      title: this.title,
      status: this.status,
      code: this.code,
      ...(detail === undefined ? {} : { detail }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      ...(errors === undefined ? {} : { errors }),
      ...context,
    };
  }
}

/** A catalogue entry that can be called to make an error: `throw notFound({ detail })`. */
export interface ErrorFactory<Code extends string = string> extends ErrorDefinition<Code> {
  (occurrence?: ErrorOccurrence): PeerMeshError;
}

/** Declares one entry of the catalogue. */
export function defineError<const Code extends `PM_${string}`>(definition: ErrorDefinition<Code>): ErrorFactory<Code> {
  const create = (occurrence?: ErrorOccurrence): PeerMeshError => new PeerMeshError(definition, occurrence);
  return Object.assign(create, definition);
}

/** Whether a value is a {@link PeerMeshError}, also one from another copy of this package. */
export function isPeerMeshError(value: unknown): value is PeerMeshError {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/** Whether a value is a {@link PeerMeshError} with this code. */
export function hasErrorCode(value: unknown, code: string): value is PeerMeshError {
  return isPeerMeshError(value) && value.code === code;
}
