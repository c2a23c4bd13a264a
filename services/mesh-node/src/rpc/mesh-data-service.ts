import type { MessageInitShape } from '@bufbuild/protobuf';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import { meshRoutes } from '@peermesh/contracts/mesh';
import { asPeerMeshError, createCheck } from '@peermesh/service-kit';
import type { Logger } from '@peermesh/telemetry';
import type { MeshDataService, PublishRequest, PublishResponseSchema } from '../gen/peermesh/mesh/v1/mesh_data_pb.ts';
import type { TopicRecord } from '../ports.ts';
import type { RouteDependencies } from '../routes/route-dependencies.ts';
import { principalOf } from './caller.ts';
import { batchOf, messageOf, offsetOf, startOf } from './data-messages.ts';
import { Feed } from './feed.ts';
import { answersInOrder } from './in-order.ts';
import { problemOf } from './rpc-error.ts';

const IN_FLIGHT = { requestsMax: 16, bytesMax: 8 * 1024 * 1024 } as const;
/** What a subscriber may leave untaken before reading for it stops. */
const UNTAKEN_BYTES_MAX = 1024 * 1024;
/** Of one answer: a client takes 4 MiB by default. */
const ANSWER_BYTES_MAX = 1024 * 1024;
const RECORD_OVERHEAD_BYTES = 32;
const READ_LIMIT = 100;

type Answer = MessageInitShape<typeof PublishResponseSchema>;
type Outcome = Exclude<Answer['outcome'], undefined>;

const checkTopic = createCheck(meshRoutes.publish.params, 'request');
const checkRead = createCheck(meshRoutes.read.query, 'request');

/** MeshDataService by the same operations and rules as the routes under /api/v1/mesh/topics. */
export function meshDataService(
  { topics, subscribers, admissions }: Pick<RouteDependencies, 'topics' | 'subscribers' | 'admissions'>,
  log: Logger,
): ServiceImpl<typeof MeshDataService> {
  const publish = async (request: PublishRequest, tenantId: string): Promise<Outcome> => {
    try {
      const { topic } = request;
      checkTopic({ topic });
      const { accepted, firstOffset } = await topics.publish({ tenantId, topic }, batchOf(request));
      const first = firstOffset === null ? {} : { firstOffset: BigInt(firstOffset) };
      return { case: 'accepted', value: { messages: accepted, ...first } };
    } catch (cause) {
      const error = asPeerMeshError(cause);
      if (error.status >= 500) log.error({ code: error.code, err: error }, 'a batch was not published');
      return { case: 'refused', value: problemOf(error) };
    }
  };

  return {
    async *publish(requests, context) {
      const principal = principalOf(context);
      let sequence = 0n;
      const answer = async (request: PublishRequest): Promise<Answer> => {
        sequence += 1n;
        const own = sequence;
        return { sequence: own, outcome: await publish(request, principal.tenantId) };
      };
      const admitted = async function* (): AsyncGenerator<PublishRequest, void, undefined> {
        for await (const request of requests) {
          admissions.assertGood(principal);
          yield request;
        }
      };
      yield* answersInOrder(admitted(), answer, bytesOf, IN_FLIGHT);
    },

    async *subscribe({ topic, from }, context) {
      checkTopic({ topic });
      const start = startOf(from);
      const feed = new Feed<TopicRecord>(UNTAKEN_BYTES_MAX, () => subscription.resume());
      const abort = followsSignal(feed, context);
      const take = (record: TopicRecord): boolean => feed.push(record, sizeOf(record));
      const principal = principalOf(context);
      const where = { tenantId: principal.tenantId, topic };
      const subscription = subscribers.takeFor((leave) => ({
        leave,
        ...topics.subscribe(where, start, take, (error) => feed.end(error)),
      }));
      const release = admissions.hold(principal, (error) => feed.end(error));
      subscription.resume();
      try {
        for await (const records of feed.batches())
          for (const some of inAnswers(records)) yield { messages: some.map(messageOf) };
      } finally {
        abort();
        release();
        subscription.close();
        subscription.leave();
      }
    },

    async read({ topic, offset, limit }, context) {
      checkTopic({ topic });
      const [from, most] = [offsetOf(offset), limit === 0 ? READ_LIMIT : limit];
      checkRead({ offset: from, limit: most });
      const read = await topics.read({ tenantId: principalOf(context).tenantId, topic }, from, most);
      return {
        messages: read.records.map(messageOf),
        nextOffset: BigInt(read.nextOffset),
        firstOffset: BigInt(read.firstOffset),
        endOffset: BigInt(read.endOffset),
      };
    },
  };
}

function bytesOf({ payloads }: PublishRequest): number {
  return payloads.reduce((sum, { length }) => sum + length, 0);
}

const sizeOf = ({ payload }: TopicRecord): number => payload.length + RECORD_OVERHEAD_BYTES;

/** Ends the feed with the call; the returned function lets go. */
function followsSignal(feed: Feed<TopicRecord>, { signal }: HandlerContext): () => void {
  const abort = (): void => feed.end(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  return () => signal.removeEventListener('abort', abort);
}

/** Records in groups that fit into an answer. */
function* inAnswers(records: readonly TopicRecord[]): Iterable<readonly TopicRecord[]> {
  let from = 0;
  let bytes = 0;
  for (const [index, record] of records.entries()) {
    const size = sizeOf(record);
    if (index > from && bytes + size > ANSWER_BYTES_MAX) {
      yield records.slice(from, index);
      from = index;
      bytes = 0;
    }
    bytes += size;
  }
  yield records.slice(from);
}
