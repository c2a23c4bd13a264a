import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { PORTS, services } from '../../catalog.ts';
import { composeAddresses } from '../../compose/compose-services.ts';
import { generatedFiles } from '../../generate.ts';

const CHECKOUT = resolve(import.meta.dirname, '../../..');

test('what is made from the catalog is committed as it is made', () => {
  for (const { path, text } of generatedFiles()) {
    const committed = existsSync(join(CHECKOUT, path)) ? readFileSync(join(CHECKOUT, path), 'utf8') : '';
    assert.equal(committed, text, `${path} is out of date: run \`pnpm gen\``);
  }
});

test('every service is a folder with the same two entry points', () => {
  for (const { name } of services) {
    for (const file of ['package.json', 'src/main.ts', 'src/migrate.ts', 'README.md']) {
      assert.ok(existsSync(join(CHECKOUT, 'services', name, file)), `services/${name}/${file}`);
    }
  }
});

test('ports and route prefixes belong to one owner', () => {
  const ports = Object.values(PORTS);
  assert.equal(new Set(ports).size, ports.length);
  const prefixes = services.flatMap(({ routePrefixes }) => routePrefixes);
  assert.equal(new Set(prefixes).size, prefixes.length);
});

test('a service starts after what it calls, and publishes only into its own module or a named subject', () => {
  const started = new Set<string>();
  for (const service of services) {
    for (const called of service.calls)
      assert.ok(started.has(called), `${service.name} calls ${called}, which starts later`);
    started.add(service.name);
    for (const subject of service.publishes) assert.match(subject, /^[a-z]+\.([a-z_]+|>)$/);
  }
});

test('no secret is part of the plain environment', () => {
  for (const service of services) {
    const plain = Object.keys(service.env(composeAddresses));
    for (const key of service.secrets) assert.ok(!plain.includes(key), `${service.name}: ${key}`);
  }
});
