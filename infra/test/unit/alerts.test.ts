import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { alerts } from '../../observability/alert-definitions.ts';
import { metricsOf } from '../../observability/alerts-file.ts';
import { panels } from '../../observability/fleet-dashboard.ts';
import { findBinary } from '../../servers/index.ts';

const CHECKOUT = resolve(import.meta.dirname, '../../..');
const RUNBOOKS = join(CHECKOUT, 'docs/runbooks');

test('every alert has a runbook of the same name, and every runbook an alert', () => {
  const pages = readdirSync(RUNBOOKS).filter((file) => file.endsWith('.md') && file !== 'README.md');
  assert.deepEqual(pages.toSorted(), alerts.map(({ runbook }) => `${runbook}.md`).toSorted());
  for (const { name, runbook } of alerts) {
    const text = readFileSync(join(RUNBOOKS, `${runbook}.md`), 'utf8');
    assert.ok(text.startsWith(`# ${name}\n`), runbook);
    for (const heading of ['**Impact.**', '## Look', '## Do'])
      assert.ok(text.includes(heading), `${runbook}: ${heading}`);
  }
});

test('every metric of an alert or a panel is defined in the code', () => {
  const defined = definedMetrics();
  const fromPrometheus = /^(up|process_|nodejs_)/;
  for (const query of [...alerts, ...panels]) {
    for (const metric of metricsOf(query)) {
      assert.ok(fromPrometheus.test(metric) || defined.has(metric), `${query.expression}: ${metric}`);
    }
  }
});

test('promtool accepts the rules and the configuration', {
  skip: findBinary('promtool') === null ? 'promtool is not installed' : false,
}, () => {
  const file = join(CHECKOUT, 'infra/observability/alerts.yml');
  assert.ok(existsSync(file));
  execFileSync('promtool', ['check', 'rules', file]);
});

function definedMetrics(): Set<string> {
  const names = new Set<string>();
  for (const group of ['packages', 'services']) {
    for (const name of readdirSync(join(CHECKOUT, group))) {
      const source = join(CHECKOUT, group, name, 'src');
      if (!existsSync(source)) continue;
      for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
        if (!file.endsWith('.ts')) continue;
        const text = readFileSync(join(source, file), 'utf8');
        for (const [, metric = ''] of text.matchAll(/name: '([a-z0-9_]+)'/g)) names.add(metric);
      }
    }
  }
  return names;
}
