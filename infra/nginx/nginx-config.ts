import { errorPages, problemLocations, rpcErrorPages, rpcProblemLocations } from './nginx-problems.ts';

/** What differs between the nginx of a laptop and that of a deployment. */
export interface NginxOptions {
  /** `host:port` of each gateway replica. The last one also answers requests marked as canary. */
  readonly gateways: readonly string[];
  /** `host:port` of the gRPC API of the mesh node that the gateways speak to. */
  readonly meshRpc: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Interface to listen on; empty for all. */
  readonly host: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Folder for nginx's own files; must be writable by the workers. */
  readonly folder: string;
  /** `user` directive; only where the master runs as root. */
  readonly user?: string;
  readonly accessLog: string;
  readonly errorLog: string;
  /** Requests per second and client address that are let through, and how many may come at once. */
  readonly rateLimit: { readonly perSecond: number; readonly burst: number };
  /** How long a client may take to send the header, and between two pieces of a body. */
  readonly slowClientSeconds?: number;
}

/**
 * The whole of nginx.conf: TLS, limits, balancing over the gateways, routing by path and header, WebSocket upgrade. The gRPC API
 * of the mesh, which checks its callers itself, gets its TLS here. Everything else (identity, quotas, routes) is the gateway's, so that nginx never needs a reload, which would cut sockets.
 */
export function nginxConfig(options: NginxOptions): string {
  return [
    '# Made from infra/catalog.ts by infra/nginx/nginx-config.ts; do not edit.',
    ...(options.user === undefined ? [] : [`user ${options.user};`]),
    'worker_processes auto;',
    'worker_rlimit_nofile 65536;',
    `pid ${options.folder}/nginx.pid;`,
    `error_log ${options.errorLog} warn;`,
    'daemon off;',
    '',
    'events {',
    '  worker_connections 8192;',
    '}',
    '',
    'http {',
    ...indent([
      ...basics(options),
      ...logging(options),
      ...slowClients(options),
      ...limits(options),
      ...upstreams(options),
      ...plainServer(options),
      ...tlsServer(options),
    ]),
    '}',
    '',
  ].join('\n');
}

function basics({ folder }: NginxOptions): string[] {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return [
    ...temporary.map((name) => `${name}_temp_path ${folder}/${name};`),
    'default_type application/octet-stream;',
    'server_tokens off;',
    'sendfile on;',
    'tcp_nopush on;',
    '',
  ];
}

function logging({ accessLog }: NginxOptions): string[] {
  return [
    'log_format edge escape=json \'{"time":"$time_iso8601","level":30,"service":"nginx","msg":"request",\'',
    '  \'"requestId":"$edge_request_id","remoteAddress":"$remote_addr","method":"$request_method","uri":"$uri",\'',
    '  \'"status":"$status","bytes":"$body_bytes_sent","seconds":"$request_time",\'',
    '  \'"upstream":"$upstream_addr","upstreamSeconds":"$upstream_response_time"}\';',
    `access_log ${accessLog} edge;`,
    '',
  ];
}

/** A client that sends or reads a byte now and then may not hold a connection. */
function slowClients({ slowClientSeconds = 10 }: NginxOptions): string[] {
  return [
    `client_header_timeout ${slowClientSeconds}s;`,
    `client_body_timeout ${slowClientSeconds}s;`,
    'send_timeout 15s;',
    'keepalive_timeout 65s;',
    'keepalive_requests 10000;',
    'reset_timedout_connection on;',
    'client_header_buffer_size 2k;',
    'large_client_header_buffers 4 16k;',
    'client_max_body_size 20m;',
    '',
  ];
}

function limits({ rateLimit }: NginxOptions): string[] {
  return [
    `limit_req_zone $binary_remote_addr zone=edge_requests:10m rate=${rateLimit.perSecond}r/s;`,
    'limit_conn_zone $binary_remote_addr zone=edge_connections:10m;',
    'limit_req_status 429;',
    'limit_conn_status 429;',
    '',
    '# A well-formed request id of the client is kept, anything else is replaced.',
    'map $http_x_request_id $edge_request_id {',
    '  default $request_id;',
    '  "~^[A-Za-z0-9._-]{8,128}$" $http_x_request_id;',
    '}',
    'map $http_upgrade $connection_upgrade {',
    "  default '';",
    '  "~*^websocket$" upgrade;',
    '}',
    '# X-PeerMesh-Canary: always sends a request to the canary replica.',
    'map $http_x_peermesh_canary $gateway_pool {',
    '  default gateways;',
    '  always gateway_canary;',
    '}',
    '',
  ];
}

function upstreams({ gateways, meshRpc }: NginxOptions): string[] {
  const server = (address: string): string => `  server ${address} max_fails=3 fail_timeout=2s;`;
  return [
    'upstream gateways {',
    '  zone gateways 64k;',
    '  least_conn;',
    ...gateways.map(server),
    '  keepalive 64;',
    '}',
    'upstream gateway_canary {',
    '  zone gateway_canary 64k;',
    ...gateways.slice(-1).map(server),
    ...gateways.slice(0, -1).map((address) => `  server ${address} backup;`),
    '  keepalive 16;',
    '}',
    'upstream mesh_rpc {',
    '  zone mesh_rpc 64k;',
    `  server ${meshRpc} max_fails=0;`,
    '  keepalive 16;',
    '}',
    '',
  ];
}

function plainServer({ host, httpPort, httpsPort }: NginxOptions): string[] {
  return [
    'server {',
    `  listen ${listenAddress(host, httpPort)};`,
    '  location = /nginx-health {',
    '    access_log off;',
    "    return 200 'ok';",
    '  }',
    '  location / {',
    `    return 308 https://$host${httpsPort === 443 ? '' : `:${httpsPort}`}$request_uri;`,
    '  }',
    '}',
    '',
  ];
}

function tlsServer(options: NginxOptions): string[] {
  return [
    'server {',
    ...indent([
      `listen ${listenAddress(options.host, options.httpsPort)} ssl http2;`,
      'server_name _;',
      `ssl_certificate ${options.certificateFile};`,
      `ssl_certificate_key ${options.keyFile};`,
      'ssl_protocols TLSv1.2 TLSv1.3;',
      'ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;',
      'ssl_prefer_server_ciphers off;',
      'ssl_session_cache shared:edge_tls:10m;',
      'ssl_session_timeout 1d;',
      'ssl_session_tickets off;',
      'add_header Strict-Transport-Security "max-age=31536000" always;',
      '',
      `limit_req zone=edge_requests burst=${options.rateLimit.burst} nodelay;`,
      'limit_conn edge_connections 200;',
      '',
      ...errorPages(),
      '# Plain HTTP on the TLS port.',
      'error_page 497 =308 https://$host:$server_port$request_uri;',
      '',
      'proxy_http_version 1.1;',
      'proxy_set_header Host $host;',
      '# Set, not appended: what a client claims about itself is not passed on.',
      'proxy_set_header X-Forwarded-For $remote_addr;',
      'proxy_set_header X-Forwarded-Proto $scheme;',
      'proxy_set_header X-Forwarded-Host $host;',
      'proxy_set_header X-Real-IP $remote_addr;',
      'proxy_set_header Forwarded "";',
      'proxy_set_header X-Request-Id $edge_request_id;',
      'proxy_set_header Connection "";',
      'proxy_connect_timeout 2s;',
      'proxy_read_timeout 65s;',
      'proxy_send_timeout 30s;',
      '# Only requests without an effect, and only when no byte of an answer has come.',
      'proxy_next_upstream error timeout http_502 http_503;',
      'proxy_next_upstream_tries 2;',
      'proxy_next_upstream_timeout 5s;',
      'proxy_buffers 16 16k;',
      'proxy_buffer_size 16k;',
      '',
      ...locations(),
      ...problemLocations(),
      ...rpcProblemLocations(),
    ]),
    '}',
  ];
}

function locations(): string[] {
  return [
    '# The inside is not for the outside.',
    'location = /metrics { return 404; }',
    'location ^~ /health/ { return 404; }',
    'location = /health {',
    '  access_log off;',
    '  proxy_pass http://gateways/health/ready;',
    '}',
    "# Connections that live for hours; their own limits are the gateway's.",
    'location = /api/v1/realtime {',
    '  limit_conn edge_connections 100;',
    '  proxy_set_header Host $host;',
    '  proxy_set_header X-Forwarded-For $remote_addr;',
    '  proxy_set_header X-Forwarded-Proto $scheme;',
    '  proxy_set_header X-Forwarded-Host $host;',
    '  proxy_set_header X-Real-IP $remote_addr;',
    '  proxy_set_header Forwarded "";',
    '  proxy_set_header X-Request-Id $edge_request_id;',
    '  proxy_set_header Upgrade $http_upgrade;',
    '  proxy_set_header Connection $connection_upgrade;',
    '  proxy_buffering off;',
    '  proxy_read_timeout 1h;',
    '  proxy_send_timeout 1h;',
    '  proxy_pass http://$gateway_pool;',
    '}',
    ...meshRpcLocation(),
    '# Intake streams through: a large body is not written to disk here first.',
    'location ^~ /api/v1/content {',
    '  proxy_request_buffering off;',
    '  proxy_pass http://$gateway_pool;',
    '}',
    'location ^~ /api/ {',
    '  proxy_pass http://$gateway_pool;',
    '}',
    'location ^~ /docs {',
    '  proxy_pass http://$gateway_pool;',
    '}',
    'location = / { return 302 /docs; }',
    'location / { return 404; }',
    '',
  ];
}

/** Streams that live for hours in both directions: neither their length nor a silence between two messages ends them. */
function meshRpcLocation(): string[] {
  return [
    '# gRPC, gRPC-Web and Connect to the mesh; who may call what is checked there.',
    'location ^~ /peermesh.mesh.v1. {',
    '  limit_conn edge_connections 100;',
    '  client_max_body_size 0;',
    '  client_body_timeout 1h;',
    '  send_timeout 1h;',
    '  grpc_connect_timeout 2s;',
    '  grpc_read_timeout 1h;',
    '  grpc_send_timeout 1h;',
    '  grpc_socket_keepalive on;',
    '  grpc_next_upstream off;',
    '  grpc_set_header X-Forwarded-For $remote_addr;',
    '  grpc_set_header X-Forwarded-Proto $scheme;',
    '  grpc_set_header X-Request-Id $edge_request_id;',
    '  grpc_set_header Forwarded "";',
    ...rpcErrorPages().map((line) => `  ${line}`),
    '  grpc_pass grpc://mesh_rpc;',
    '}',
  ];
}

function listenAddress(host: string, port: number): string {
  return host === '' ? String(port) : `${host}:${port}`;
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? line : `  ${line}`));
}
