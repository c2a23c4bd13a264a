/** Why the control group refused a command: a closed set with the text that people see. Order is part of the format. */
export const CONTROL_REASONS = {
  'mesh-exists': 'The mesh exists already.',
  'no-mesh': 'There is no mesh yet.',
  'wrong-mesh': 'The mesh has another id.',
  'mesh-closed': 'The mesh is closed and the node is not on its admission list.',
  'key-missing': 'The mesh asks for a join key.',
  'key-wrong': 'The join key is unknown or was withdrawn.',
  'key-expired': 'The join key has expired.',
  'key-used-up': 'The join key has been used as often as it may be.',
  evicted: 'The node was evicted; an operator can let it in again.',
  revoked: 'The identity or certificate was revoked for good.',
  'name-taken': 'Another member has that name.',
  'volume-taken': 'Another member has that disk: it looks like a copy.',
  'unknown-node': 'No member has that short id.',
  'unknown-key': 'There is no such join key.',
  'last-member': 'The last member cannot leave.',
  'not-permitted': 'A node may only say this about itself.',
  'version-conflict': 'Somebody else changed it first; the value is its version now.',
  'keys-incomplete': 'A key epoch needs one wrapped key for each member.',
  'mesh-critical': 'Half of the members or more are unreachable: only eviction is possible, with an override.',
  'override-needed': 'Half of the members or more are unreachable: an eviction needs an explicit override.',
  'request-too-old': 'The request waited too long; whether it took effect is not known any more.',
  'limit-reached': 'The control group holds as many of these as it may.',
  'bad-request': 'A value is empty or not well-formed.',
  'not-the-newest': 'Another member that can be reached has a newer log: the value is its short id.',
} as const;

export type ControlReason = keyof typeof CONTROL_REASONS;

/**
 * What a command came to. `value` is what it made: the short id (create, admit), the new version (settings, policy,
 * certificate), the epoch (keys); with `version-conflict` the present version; else 0.
 */
export type ControlResult =
  | { readonly isDone: true; readonly value: number }
  | { readonly isDone: false; readonly reason: ControlReason; readonly value: number };

export function done(value = 0): ControlResult {
  return { isDone: true, value };
}

export function refused(reason: ControlReason, value = 0): ControlResult {
  return { isDone: false, reason, value };
}
