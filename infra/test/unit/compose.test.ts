import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { services } from '../../catalog.ts';
import { composeFile } from '../../compose/compose-file.ts';

const CHECKOUT = resolve(import.meta.dirname, '../../..');

interface ComposeService {
  readonly profiles: readonly string[];
  readonly image?: string;
  readonly build?: { readonly dockerfile: string };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly secrets?: readonly string[];
  readonly networks?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly healthcheck?: unknown;
}

interface ComposeDocument {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, unknown>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, unknown>>;
}

const document = parse(composeFile().text) as ComposeDocument;
const entries = Object.entries(document.services);
const withProfile = (profile: string): string[] =>
  entries.filter(([, service]) => service.profiles.includes(profile)).map(([name]) => name);

test('has the four profiles with what belongs into them', () => {
  assert.deepEqual(withProfile('infra'), ['postgres', 'nats', 'redis']);
  for (const { name } of services) {
    assert.ok(withProfile('fleet').includes(name));
    assert.ok(withProfile('dev').includes(`${name}-dev`));
  }
  assert.deepEqual(withProfile('observability'), ['prometheus', 'alertmanager', 'grafana', 'otel-collector', 'jaeger']);
});

test('every reference leads somewhere, within each profile', () => {
  for (const [name, service] of entries) {
    for (const network of Array.isArray(service.networks) ? service.networks : Object.keys(service.networks ?? {})) {
      assert.ok(network in document.networks, `${name}: network ${network}`);
    }
    for (const secret of service.secrets ?? []) assert.ok(secret in document.secrets, `${name}: secret ${secret}`);
    for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
      const target = document.services[needed];
      assert.ok(target, `${name} depends on ${needed}`);
      for (const profile of service.profiles)
        assert.ok(target.profiles.includes(profile), `${needed} is not in ${profile}`);
      if (condition === 'service_healthy') assert.ok(target.healthcheck, `${needed} has no health check`);
    }
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (!source.startsWith('.')) assert.ok(source in document.volumes, `${name}: volume ${source}`);
      else assert.ok(existsSync(join(CHECKOUT, source)), `${name}: ${source} does not exist`);
    }
    for (const [key, value] of Object.entries(service.environment ?? {})) {
      if (!value.startsWith('/run/secrets/')) continue;
      assert.ok(service.secrets?.includes(value.slice('/run/secrets/'.length)), `${name}: ${key}`);
    }
  }
});

test('a node of the mesh starts with the certificate that its job has made, one job after the other', () => {
  const nodes = ['mesh-node', 'mesh-node-2', 'mesh-node-3'];
  for (const [index, node] of nodes.entries()) {
    const job = document.services[`${node}-certificate`];
    assert.ok(job, `${node} has a job`);
    assert.deepEqual(job.volumes, ['mesh-ca:/ca', `${node}:/data`]);
    assert.ok(document.services[node]?.depends_on?.[`${node}-certificate`]);
    const before = nodes[index - 1];
    assert.deepEqual(Object.keys(job.depends_on ?? {}), before === undefined ? [] : [`${before}-certificate`]);
    assert.equal(document.services[node]?.volumes?.includes('mesh-ca:/ca'), false, 'the authority stays with the jobs');
  }
});

test('only the edge is open to the network, what runs our code is locked down, and images name a version', () => {
  for (const [name, { ports, image, build, read_only, cap_drop, profiles }] of entries) {
    const open = (ports ?? []).filter((port) => !port.startsWith('127.0.0.1:'));
    if (name !== 'nginx') assert.deepEqual(open, [], name);
    assert.match(image ?? '', /:[^:]+$/, name);
    assert.doesNotMatch(image ?? '', /:latest$/);
    if (build === undefined || profiles.includes('dev')) continue;
    assert.equal(read_only, true, name);
    assert.deepEqual(cap_drop, ['ALL'], name);
  }
});
