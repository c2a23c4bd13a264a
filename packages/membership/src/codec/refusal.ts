/** Why a message was not taken; each has a counter. Nothing of a refused message is applied. */
export const REFUSAL_REASONS = [
  'truncated',
  'bad_version',
  'bad_type',
  'bad_claim',
  'bad_text',
  'bad_number',
  'oversize',
  'misrouted',
  'unknown_sender',
  'wrong_mesh',
  'not_admitted',
  'identity_conflict',
  'incompatible_version',
  'table_full',
  'not_running',
] as const;

/** Why a message was not taken. */
export type RefusalReason = (typeof REFUSAL_REASONS)[number];
