import { runMigration } from '@peermesh/service-kit/task';

await runMigration({ service: 'ingest', migrations: new URL('./migrations/', import.meta.url), env: process.env });
