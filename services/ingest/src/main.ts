import { runMain } from '@peermesh/service-kit';
import { buildApp } from './app.ts';
import { loadIngestConfig } from './config.ts';

await runMain({ service: 'ingest', env: process.env, load: loadIngestConfig, build: buildApp });
