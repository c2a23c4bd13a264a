import type { Transaction } from '@peermesh/database';
import type { Generated } from 'kysely';
import type { KeyAlgorithm, KeyState } from '../../domain/key-rotation.ts';

export interface UserRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly email: string;
  readonly email_key: string;
  readonly display_name: string | null;
  readonly role: string;
  readonly status: 'active' | 'disabled';
  readonly password_hash: string;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly last_login_at: Date | null;
}

export interface RoleRow {
  readonly tenant_id: string;
  readonly name: string;
  readonly inherits: string;
  readonly rank: number;
  readonly description: string;
}

export interface SessionRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly user_id: string;
  readonly device: string | null;
  readonly ip: string | null;
  readonly user_agent: string | null;
  readonly created_at: Date;
  readonly last_seen_at: Date;
  readonly idle_expires_at: Date;
  readonly absolute_expires_at: Date;
  readonly revoked_at: Date | null;
  readonly revoked_reason: string | null;
}

export interface RefreshTokenRow {
  readonly hash: Buffer;
  readonly tenant_id: string;
  readonly session_id: string;
  readonly generation: number;
  readonly parent: Buffer | null;
  readonly issued_at: Date;
  readonly expires_at: Date;
  readonly used_at: Date | null;
  readonly successor_sealed: Buffer | null;
}

export interface ApiKeyRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly user_id: string;
  readonly name: string;
  readonly prefix: string;
  readonly hash: Buffer;
  readonly scopes: string[];
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
}

export interface SigningKeyRow {
  readonly kid: string;
  readonly algorithm: KeyAlgorithm;
  readonly state: KeyState;
  readonly public_jwk: Record<string, string>;
  readonly private_sealed: Buffer | null;
  readonly created_at: Date;
  readonly activated_at: Date | null;
  readonly retiring_at: Date | null;
  readonly retired_at: Date | null;
}

export interface DecisionRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly kind: 'authentication' | 'authorization';
  readonly actor: string | null;
  readonly action: string;
  readonly resource: string | null;
  readonly allowed: boolean;
  readonly reason: string;
  readonly service: string;
  readonly ip: string | null;
  readonly request_id: string | null;
  readonly occurred_at: Date;
  readonly recorded_at: Generated<Date>;
}

/** The tables of the schema `auth`. */
export interface AuthSchema {
  readonly auth_tenants: { readonly id: string };
  readonly auth_users: UserRow;
  readonly auth_roles: RoleRow;
  readonly auth_sessions: SessionRow;
  readonly auth_refresh_tokens: RefreshTokenRow;
  readonly auth_api_keys: ApiKeyRow;
  readonly auth_signing_keys: SigningKeyRow;
  readonly auth_decisions: DecisionRow;
}

export type Tx = Transaction<AuthSchema>;
