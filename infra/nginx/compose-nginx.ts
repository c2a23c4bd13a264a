import { serviceNamed } from '../catalog.ts';
import { CONTAINER_PORT, RPC_PORT } from '../compose/compose-services.ts';
import type { GeneratedFile } from '../generated-file.ts';
import { nginxConfig } from './nginx-config.ts';

/** nginx.conf of the compose fleet. Docker's name server answers with every replica of `gateway` when nginx starts. */
export function composeNginxFile(): GeneratedFile {
  const gateway = serviceNamed('gateway');
  const meshNode = serviceNamed('mesh-node');
  const text = nginxConfig({
    gateways: [`${gateway.name}:${CONTAINER_PORT}`],
    meshRpc: `${meshNode.name}:${RPC_PORT}`,
    httpPort: 8088,
    httpsPort: 8443,
    host: '',
    certificateFile: '/run/secrets/tls_certificate',
    keyFile: '/run/secrets/tls_key',
    folder: '/tmp',
    accessLog: '/dev/stdout',
    errorLog: '/dev/stderr',
    rateLimit: { perSecond: 100, burst: 200 },
  });
  return { path: 'infra/nginx/nginx.conf', text };
}
