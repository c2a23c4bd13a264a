import { runMigration } from '@peermesh/service-kit';

await runMigration({ service: 'router', migrations: new URL('./migrations/', import.meta.url), env: process.env });
