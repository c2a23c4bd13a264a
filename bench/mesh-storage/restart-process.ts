import { LmdbCursorStore, NodeStateStore, openLmdbStores, TopicLog, Volume } from '@peermesh/mesh-node/store';

/**
 * What a node does with its storage at a start, until it can serve: opens everything, raises the boot epoch, reads the
 * snapshot and the log of its group, checking each record, reads from the log of topics and appends to it durably.
 */
const [path = ''] = process.argv.slice(2);
const volume = Volume.open({ path, nodeId: 'bench' });
await new NodeStateStore(volume).start();
const { log, snapshots } = await openLmdbStores(volume);
const snapshot = snapshots.newest(1);
const state = snapshot?.read(0, snapshot.totalBytes).length ?? 0;
const { first = 1, last = 0 } = log.range(1) ?? {};
let entries = 0;
for (let from = first; from <= last; ) {
  const read = log.read(1, from, 4 * 1024 * 1024);
  entries += read.length;
  from += read.length;
}
const topics = new TopicLog(volume);
new LmdbCursorStore(volume);
const { next } = topics.range('t0');
const middle = topics.read('t0', Math.floor(next / 2), 1).length;
await topics.append([
  { topic: 't0', origin: 0, originSeq: 0, timeMs: Date.now(), priority: 2, payload: Buffer.from('on') },
]);
const servingMs = performance.now();
process.stdout.write(JSON.stringify({ servingMs, entries, state, next, middle }));
await volume.close();
