import { runMigration } from '@peermesh/service-kit/task';

await runMigration({
  service: 'mesh-node',
  schema: 'mesh',
  migrations: new URL('./migrations/', import.meta.url),
  env: process.env,
});
