export { compressColumn } from './column-compression.ts';
export { codeOf, isConnectionLoss, isSerializationFailure } from './connection-errors.ts';
export { createDatabase, type Database, type DatabaseOptions } from './database.ts';
export {
  createDeadLetterTable,
  createIdempotencyTable,
  createInboxTable,
  createOutboxTable,
} from './messaging-tables.ts';
export { type MigrateOptions, migrate } from './migrate.ts';
export { bundleOutboxEvents } from './outbox-bundles.ts';
export { createPartitionMaintenance } from './partition-maintenance.ts';
export { dropPartitionsOlderThan, ensurePartitions, type MonthlyTable, partitionByMonth } from './partitions.ts';
export { enableTenantIsolation } from './tenant-isolation.ts';
export type { Transaction, TxOptions } from './transaction.ts';
