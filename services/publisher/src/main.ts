import { runMain } from '@peermesh/service-kit';
import { buildApp } from './app.ts';
import { loadPublisherConfig } from './config.ts';

await runMain({ service: 'publisher', env: process.env, load: loadPublisherConfig, build: buildApp });
