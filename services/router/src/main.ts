import { runMain } from '@peermesh/service-kit';
import { buildApp } from './app.ts';
import { loadRouterConfig } from './config.ts';

await runMain({ service: 'router', env: process.env, load: loadRouterConfig, build: buildApp });
