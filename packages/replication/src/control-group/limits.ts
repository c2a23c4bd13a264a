/** Bounds of what the control group keeps; part of the format, because a replica refuses what is beyond them. */
export const LIMITS = {
  members: 10_000,
  /** Short ids of nodes that have gone, newest last; only for people to look at. */
  former: 1_024,
  evicted: 100_000,
  labels: 32,
  settings: 4_096,
  joinKeys: 1_024,
  admissionList: 100_000,
  nameBytes: 64,
  addressBytes: 512,
  textBytes: 256,
  settingBytes: 16_384,
  wrappedKeyBytes: 512,
  overrides: 256,
  /** A command that was made this many entries ago is refused: its id is forgotten by now. */
  requestWindow: 1_024,
} as const;
