import { createPartitionMaintenance } from '@peermesh/database';
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createPartitionMaintenance(db, {
    schema: 'mesh',
    name: 'mesh_maintain_partitions',
    tables: ['mesh_topology_history', 'mesh_messages'],
  });
}
