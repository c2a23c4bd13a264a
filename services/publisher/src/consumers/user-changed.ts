import { rolesOf } from '@peermesh/authz';
import { UserChanged } from '@peermesh/contracts/events';
import type { Bus } from '@peermesh/messaging';
import { updateSubscriber } from '../adapters/pg/subscription-store.ts';

/** Keeps what subscribers may see in step with their role; who is disabled or deleted gets nothing more. */
export function consumeUserChanged(bus: Bus): void {
  bus.consume(UserChanged, { durable: 'publisher_user_changed' }, async ({ data }, tx) => {
    const { userId, change, role } = data;
    if (change === 'created') return;
    if (change === 'deleted') return updateSubscriber(tx, userId, { state: 'deleted' });
    if (change === 'disabled') return updateSubscriber(tx, userId, { state: 'paused' });
    return updateSubscriber(tx, userId, { roles: rolesOf({ role }) });
  });
}
