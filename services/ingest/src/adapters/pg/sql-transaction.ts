import type { Transaction } from '@peermesh/database';

/** A transaction that is used for plain SQL only. */
export type SqlTransaction = Pick<Transaction<never>, 'client'>;
