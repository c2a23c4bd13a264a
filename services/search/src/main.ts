import { runMain } from '@peermesh/service-kit';
import { buildApp } from './app.ts';
import { loadSearchConfig } from './config.ts';

await runMain({ service: 'search', env: process.env, load: loadSearchConfig, build: buildApp });
