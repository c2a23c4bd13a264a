import { runMain } from '@peermesh/service-kit';
import { buildApp } from './app.ts';
import { loadMeshNodeConfig } from './config.ts';

await runMain({ service: 'mesh-node', env: process.env, load: loadMeshNodeConfig, build: buildApp });
