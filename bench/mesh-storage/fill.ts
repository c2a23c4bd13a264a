import { openLmdbStores, TopicLog, Volume } from '@peermesh/mesh-node/store';
import { PAYLOAD_BYTES } from './appends.ts';

const AT_ONCE = 8_192;
const TOPICS = 16;
const MIB = 1024 * 1024;

/** What a volume was filled with. */
export interface Filled {
  readonly records: number;
  readonly entries: number;
  readonly snapshotBytes: number;
}

/** A node that has run for a while: a GiB in the log of topics, and what Raft keeps between two snapshots of 64 MiB of log. */
export async function fill(path: string, topicBytes: number): Promise<Filled> {
  const volume = Volume.open({ path, nodeId: 'bench' });
  const stores = await openLmdbStores(volume);
  const topics = new TopicLog(volume);
  const payload = Buffer.alloc(PAYLOAD_BYTES, 7);
  let records = 0;
  for (; records * PAYLOAD_BYTES < topicBytes; records += AT_ONCE)
    await topics.append(
      Array.from({ length: AT_ONCE }, (_, at) => {
        const topic = `t${at % TOPICS}`;
        return { topic, origin: 0, originSeq: 0, timeMs: records, priority: 2 as const, payload };
      }),
    );
  const snapshotBytes = 64 * MIB;
  const configuration = { voters: [1, 2, 3], outgoing: [], learners: [], learnersNext: [], witnesses: [] };
  const pieces = Array.from({ length: 64 }, (_, at) => Buffer.alloc(MIB, at));
  await stores.snapshots.save(1, { index: 1_000, term: 1, configuration }, pieces);
  let entries = 0;
  for (; entries * PAYLOAD_BYTES < 64 * MIB; entries += AT_ONCE) {
    const batch = Array.from({ length: AT_ONCE }, (_, at) => ({
      index: 1_001 + entries + at,
      term: 1,
      kind: 0 as const,
      data: payload,
    }));
    const restartAfter = entries === 0 ? 1_000 : null;
    const hardState = { term: 1, vote: 1, commit: 1_000 + entries };
    await stores.log.append([{ group: 1, hardState, restartAfter, entries: batch }]);
  }
  await volume.close();
  return { records, entries, snapshotBytes };
}
