import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { MESSAGE_BYTES_MAX } from '@peermesh/contracts/mesh';
import { commonErrors } from '@peermesh/errors';
import {
  DeliveryClass,
  Priority,
  type PublishRequest,
  type SubscribeRequest,
  type TopicMessageSchema,
} from '../gen/peermesh/mesh/v1/mesh_data_pb.ts';
import type { TopicRecord, Topics } from '../ports.ts';

type Batch = Parameters<Topics['publish']>[1];

const DELIVERIES = new Map<DeliveryClass, Batch['delivery']>([
  [DeliveryClass.UNSPECIFIED, 'reliable'],
  [DeliveryClass.RELIABLE, 'reliable'],
  [DeliveryClass.BEST_EFFORT, 'best_effort'],
]);
const PRIORITIES = new Map<Priority, Batch['priority']>([
  [Priority.UNSPECIFIED, 'client'],
  [Priority.SYSTEM, 'system'],
  [Priority.INTERNAL, 'internal'],
  [Priority.CLIENT, 'client'],
]);
const PAYLOADS_MAX = 1_000;

/** What is to be published. @throws `PM_COMMON_VALIDATION_FAILED` */
export function batchOf({ delivery, priority, payloads }: PublishRequest): Batch {
  const [known, knownPriority] = [DELIVERIES.get(delivery), PRIORITIES.get(priority)];
  if (known === undefined) throw flaw('/request/delivery', 'must be a known class');
  if (knownPriority === undefined) throw flaw('/request/priority', 'must be a known priority');
  if (payloads.length < 1 || payloads.length > PAYLOADS_MAX)
    throw flaw('/request/payloads', `must have 1 to ${PAYLOADS_MAX} items`);
  const tooLarge = payloads.findIndex(({ length }) => length > MESSAGE_BYTES_MAX);
  if (tooLarge !== -1) throw flaw(`/request/payloads/${tooLarge}`, `must have at most ${MESSAGE_BYTES_MAX} bytes`);
  return { delivery: known, priority: knownPriority, messages: payloads.map((payload) => ({ payload })) };
}

/** Where a subscription begins. */
export function startOf(from: SubscribeRequest['from']): 'latest' | 'earliest' | number {
  if (from.case === 'offset') return offsetOf(from.value);
  return from.case === 'earliest' && from.value ? 'earliest' : 'latest';
}

/** @throws `PM_COMMON_VALIDATION_FAILED` for one that no log can have */
export function offsetOf(offset: bigint): number {
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) throw flaw('/request/offset', 'is no offset of a log');
  return Number(offset);
}

export function messageOf(record: TopicRecord): MessageInitShape<typeof TopicMessageSchema> {
  const { offset, origin, publishedAtMs, payload } = record;
  const publishedAt = timestampFromMs(publishedAtMs);
  return { ...(offset === null ? {} : { offset: BigInt(offset) }), origin, publishedAt, payload };
}

function flaw(pointer: string, message: string): Error {
  const detail = 'The request does not match the contract.';
  return commonErrors.validationFailed({ detail, errors: [{ pointer, message }] });
}
