import { runMain } from '@peermesh/service-kit';
import { buildApp } from './app.ts';
import { loadAuthConfig } from './config.ts';

await runMain({ service: 'auth', env: process.env, load: loadAuthConfig, build: buildApp });
