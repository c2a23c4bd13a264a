import { runMain } from '@peermesh/service-kit';
import { buildApp } from './app.ts';
import { loadGatewayConfig } from './config.ts';

await runMain({ service: 'gateway', env: process.env, load: loadGatewayConfig, build: buildApp, place: 'edge' });
