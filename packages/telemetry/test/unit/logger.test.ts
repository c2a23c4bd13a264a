import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, REDACTED_FIELDS } from '@peermesh/telemetry';

function logged(write: (logger: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLogger({ service: 'test', level: 'info' }, { write: (line: string) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

for (const field of REDACTED_FIELDS) {
  test(`${field} never reaches a log, on three levels`, () => {
    const value = `secret-${field}`;
    const lines = logged((logger) =>
      logger.info({ [field]: value, body: { [field]: value, inner: { [field]: value } } }, 'm'),
    );
    assert.ok(!JSON.stringify(lines).includes(value));
  });
}

test('credentials in request headers never reach a log', () => {
  const headers = { authorization: 'Bearer abc-secret', cookie: 'sid=abc-secret', 'x-api-key': 'abc-secret' };
  const lines = logged((logger) => logger.info({ req: { headers }, headers }, 'm'));
  assert.ok(!JSON.stringify(lines).includes('abc-secret'));
});

test('lines are JSON with service, level, time and message', () => {
  const [line] = logged((logger) => logger.warn({ peerId: 'p1' }, 'a peer is late'));
  assert.deepEqual(
    [line?.['service'], line?.['level'], line?.['peerId'], line?.['msg']],
    ['test', 'warn', 'p1', 'a peer is late'],
  );
  assert.match(String(line?.['time']), /^\d{4}-\d\d-\d\dT/);
  assert.ok(!('trace_id' in (line ?? {})));
});
