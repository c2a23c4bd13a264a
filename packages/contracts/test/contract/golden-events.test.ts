import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { eventCatalogue } from '../../src/catalogue.ts';
import * as exported from '../../src/events/index.ts';
import { compileEvent } from '../../src/index.ts';

const examples = new URL('../../examples/', import.meta.url);
const events = new Map(eventCatalogue.map((event) => [event.type, event]));

test('the catalogue has every event that is exported', () => {
  const types = Object.values(exported).flatMap((value) => ('subject' in value ? [value.type] : []));
  assert.deepEqual([...events.keys()].sort(), types.sort());
});

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
      assert.equal(compileEvent(event).refusalToConsume(data), null, file);
    }
  });

  test(`${type} follows the names of events`, () => {
    assert.match(event.subject, /^[a-z]+\.[a-z_]+$/);
    assert.equal(type, `peermesh.${event.subject}.v1`);
  });
}
