import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openLmdbStores, TopicLog, Volume } from '@peermesh/mesh-node/store';
import { open } from 'lmdb';

/** Bytes of what is appended. */
export const PAYLOAD_BYTES = 256;
const GROUPS = 16;

/** Appends one record durably. */
export type Append = (appender: number) => Promise<unknown>;

/** Something that can be appended to, in a folder of its own. */
export interface Subject {
  readonly append: Append;
  close(): Promise<void>;
}

/** What is measured: bare LMDB as its README uses it, and the stores of a node. */
export const SUBJECTS: Readonly<Record<string, (path: string) => Promise<Subject>>> = {
  'bare lmdb': bareLmdb,
  'log of topics': topicLog,
  "Raft's log store": raftLog,
};

/** Durable appends a second, and microseconds of processor time for each, with so many appenders that wait for theirs. */
export async function measure(
  name: string,
  folder: string,
  appenders: number,
  seconds: number,
): Promise<{ readonly perSecond: number; readonly cpuUs: number }> {
  const path = mkdtempSync(join(folder, 'appends-'));
  const subject = await (SUBJECTS[name] as (path: string) => Promise<Subject>)(path);
  let done = 0;
  let isOver = false;
  const run = async (appender: number): Promise<void> => {
    while (!isOver) {
      await subject.append(appender);
      done += 1;
    }
  };
  const running = Promise.all(Array.from({ length: appenders }, (_, appender) => run(appender)));
  const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  await wait(300);
  const [startedAt, cpuAtStart, doneAtStart] = [performance.now(), process.cpuUsage(), done];
  await wait(seconds * 1_000);
  const { user, system } = process.cpuUsage(cpuAtStart);
  const count = done - doneAtStart;
  const perSecond = (count * 1_000) / (performance.now() - startedAt);
  isOver = true;
  await running;
  await subject.close();
  rmSync(path, { recursive: true });
  return { perSecond, cpuUs: (user + system) / count };
}

async function bareLmdb(path: string): Promise<Subject> {
  const database = open<Buffer, number>({ path, encoding: 'binary' });
  const payload = Buffer.alloc(PAYLOAD_BYTES, 7);
  let key = 0;
  return {
    async append() {
      key += 1;
      await database.put(key, payload);
      await database.flushed;
    },
    close: () => database.close(),
  };
}

async function topicLog(path: string): Promise<Subject> {
  const volume = Volume.open({ path, nodeId: 'bench' });
  const log = new TopicLog(volume);
  const payload = Buffer.alloc(PAYLOAD_BYTES, 7);
  const append: Append = (appender) =>
    log.append([{ topic: `t${appender % GROUPS}`, origin: 0, originSeq: 0, timeMs: 1, priority: 2, payload }]);
  return { append, close: () => volume.close() };
}

async function raftLog(path: string): Promise<Subject> {
  const volume = Volume.open({ path, nodeId: 'bench' });
  const { log } = await openLmdbStores(volume);
  const data = Buffer.alloc(PAYLOAD_BYTES, 7);
  const append: Append = (appender) => {
    const group = 1 + (appender % GROUPS);
    const index = (log.range(group)?.last ?? 0) + 1;
    return log.append([{ group, hardState: null, restartAfter: null, entries: [{ index, term: 1, kind: 0, data }] }]);
  };
  return {
    append,
    async close() {
      await log.close();
      await volume.close();
    },
  };
}
