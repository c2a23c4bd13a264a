import type { RouteConfig } from '@peermesh/contracts/gateway';
import type { ColumnType, Generated } from 'kysely';

/** Tables of the schema `gateway`. */
export interface GatewaySchema {
  gateway_route_snapshots: {
    revision: ColumnType<string, number, never>;
    digest: string;
    config: ColumnType<RouteConfig, string, never>;
    route_count: number;
    source: 'file' | 'api' | 'rollback';
    activated_by: string | null;
    activated_at: Generated<Date>;
  };
}
