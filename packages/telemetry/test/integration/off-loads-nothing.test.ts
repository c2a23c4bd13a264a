import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

test('while tracing is off no part of the SDK is loaded', () => {
  const script = `
    const { startTracing } = await import('@peermesh/telemetry');
    await startTracing({ service: 'x', enabled: false, otlpUrl: '', sampleRatio: 1 });
    const { registerHooks } = await import('node:module');
    const loaded = process.moduleLoadList?.filter((name) => name.includes('diagnostics_channel')) ?? [];
    console.log(JSON.stringify({ loaded }));`;
  const hook = `
    import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) {
      if (/opentelemetry\\/(sdk-trace|exporter|core|resources|context-async-hooks)/.test(url)) console.log('LOADED ' + url);
      return next(url, context);
    } });`;
  const output = execFileSync(
    process.execPath,
    [
      '--conditions=@peermesh/source',
      '--import',
      `data:text/javascript,${encodeURIComponent(hook)}`,
      '--input-type=module',
      '-e',
      script,
    ],
    { cwd: new URL('../..', import.meta.url), encoding: 'utf8' },
  );
  assert.ok(!output.includes('LOADED'), output);
});
