import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PageSlabs } from '../../src/adapters/pg/page-slab.ts';

const KIB = 1024;

suite('PageSlabs', () => {
  test('pages lie side by side, so that what was taken is one value', () => {
    const slab = new PageSlabs().open(0);
    const [first, second] = [slab.take(3), slab.take(2)];
    assert.ok(first !== null && second !== null);
    first.write('abc');
    second.write('de');
    assert.equal(slab.taken.toString(), 'abcde');
    assert.equal(second.byteOffset - slab.taken.byteOffset, 3);
  });

  test('a slab gives no more than it has, and one for a large page has room for it', () => {
    const slabs = new PageSlabs();
    const slab = slabs.open(0);
    assert.ok(slab.take(200 * KIB) !== null);
    assert.equal(slab.take(100 * KIB), null);
    assert.ok(slab.take(56 * KIB) !== null);
    assert.equal(slabs.open(700 * KIB).take(700 * KIB)?.length, 700 * KIB);
  });

  test('what is given back is used again from its beginning, never by two at once, and large ones are not kept', () => {
    const slabs = new PageSlabs();
    const slab = slabs.open(0);
    slab.take(10);
    slabs.giveBack(slab);
    slabs.giveBack(slabs.open(700 * KIB));
    const [again, another] = [slabs.open(0), slabs.open(0)];
    assert.equal(again, slab);
    assert.equal(again.taken.length, 0);
    assert.notEqual(another, slab);
  });
});
