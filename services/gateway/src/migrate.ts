import { runMigration } from '@peermesh/service-kit';

await runMigration({ service: 'gateway', migrations: new URL('./migrations/', import.meta.url), env: process.env });
