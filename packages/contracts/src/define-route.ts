import type { Static, TObject, TSchema } from 'typebox';

/** Roles from least to most. A role includes everything below it. */
export const ROLES = ['user', 'moderator', 'admin'] as const;
/** A built-in role; installations may add more between these. */
export type Role = (typeof ROLES)[number];

/** HTTP methods that contracts use. */
export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Who may call an operation. Every route names a policy; there is no default that allows. */
export type RoutePolicy =
  | { readonly access: 'public' }
  | {
      readonly access: 'authenticated';
      /** Name of the policy in logs and decisions, `{resource}.{action}`. */
      readonly action: string;
      /** Least role of a user token. */
      readonly minRole: Role;
      /** Scopes of which an API key (or a scoped token) must hold all. */
      readonly scopes: readonly string[];
      /** What the operation touches belongs to the whole installation: only users of its own tenant may. */
      readonly operatorsOnly?: boolean;
    };

/** The tenant whose administrators run the installation. */
export const OPERATING_TENANT = 'default';

/** One example that must validate and that the documentation shows. */
export interface RouteExample {
  readonly name: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly response: { readonly status: number; readonly body?: unknown };
}

/**
 * The schemas of the answers by status; `null` means an empty body. A body is JSON, unless its schema is a string with
 * `contentMediaType`: `Type.String({ contentMediaType: 'text/html' })`.
 */
export type ResponseSchemas = { readonly [status: number]: TSchema | null };

/** One HTTP operation: the server mounts it, the client calls it, OpenAPI documents it. */
export interface RouteDefinition<
  Params extends TObject | undefined = TObject | undefined,
  Query extends TObject | undefined = TObject | undefined,
  Body extends TSchema | undefined = TSchema | undefined,
  Responses extends ResponseSchemas = ResponseSchemas,
> {
  /** operationId, `{service}.{resource}.{verb}`. */
  readonly id: string;
  readonly method: HttpMethod;
  /** Path with `:name` parameters, starting with `/api/v1/`. */
  readonly path: `/${string}`;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly policy: RoutePolicy;
  readonly params?: Params;
  readonly query?: Query;
  /** JSON request body; unknown fields are refused where its schema has `additionalProperties: false`. */
  readonly body?: Body;
  /** Media types of a raw body in place of JSON; the handler then reads a stream or text. */
  readonly consumes?: readonly string[];
  /** Largest body in bytes; the service's default when absent. */
  readonly bodyBytesMax?: number;
  readonly responses: Responses;
  /** Catalogue codes besides those that every operation can answer with. */
  readonly errors: readonly string[];
  /** `Idempotency-Key`: writes default to `optional`, reads to `none`. */
  readonly idempotency?: 'required' | 'optional' | 'none';
  readonly examples?: readonly RouteExample[];
}

type StaticOr<S, Fallback> = [Exclude<S, undefined>] extends [never]
  ? Fallback
  : Exclude<S, undefined> extends infer Schema extends TSchema
    ? Static<Schema>
    : Fallback;

/** The parts of a request as the handler gets them. */
export interface RouteInput<R extends RouteDefinition> {
  readonly params: StaticOr<R['params'], Record<never, never>>;
  readonly query: StaticOr<R['query'], Record<never, never>>;
  readonly body: StaticOr<R['body'], undefined>;
}

/** Every answer that a route may give, discriminated by `status`. */
export type RouteResult<R extends RouteDefinition> = {
  [Status in keyof R['responses'] & number]: {
    readonly status: Status;
    readonly headers?: Readonly<Record<string, string>>;
  } & (R['responses'][Status] extends TSchema
    ? { readonly body: Static<R['responses'][Status]> }
    : { readonly body?: undefined });
}[keyof R['responses'] & number];

/** Declares one HTTP operation. */
export function defineRoute<
  Responses extends ResponseSchemas,
  Params extends TObject | undefined = undefined,
  Query extends TObject | undefined = undefined,
  Body extends TSchema | undefined = undefined,
>(definition: RouteDefinition<Params, Query, Body, Responses>): RouteDefinition<Params, Query, Body, Responses> {
  return Object.freeze(definition);
}
