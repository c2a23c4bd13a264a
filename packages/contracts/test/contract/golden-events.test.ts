import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { EventDefinition } from '@peermesh/contracts';
import * as exported from '@peermesh/contracts/events';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

const examples = new URL('../../examples/', import.meta.url);
const events = new Map(
  Object.values(exported)
    .filter((value): value is EventDefinition => 'subject' in value && 'stream' in value)
    .map((event) => [event.type as string, event]),
);
const ajv = new Ajv({ strict: false });
addFormats.default(ajv);

test('every event has golden examples, and every example an event', () => {
  assert.deepEqual(readdirSync(examples).sort(), [...events.keys()].sort());
});

for (const [type, event] of events) {
  test(`golden examples of ${type} are valid`, () => {
    const folder = new URL(`${type}/`, examples);
    const files = readdirSync(folder);
    assert.ok(files.length > 0);
    for (const file of files) {
      const data: unknown = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
      assert.ok(ajv.validate(event.data, data), `${file}: ${ajv.errorsText()}`);
    }
  });

  test(`${type} follows the names of events`, () => {
    assert.match(event.subject, /^[a-z]+\.[a-z_]+$/);
    assert.equal(type, `peermesh.${event.subject}.v1`);
  });
}
