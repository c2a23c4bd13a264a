import { runMigration } from '@peermesh/service-kit';

await runMigration({
  service: 'mesh-node',
  schema: 'mesh',
  migrations: new URL('./migrations/', import.meta.url),
  env: process.env,
});
