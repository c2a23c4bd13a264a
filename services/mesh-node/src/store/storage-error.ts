import { StorageError } from '@peermesh/consensus';

/** Why a volume is not opened: it is not the one that was expected, or another process has it. */
export type VolumeRefusal = 'foreign' | 'in-use';

/** A volume that must not be used by this process. Nothing of it was changed. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
  readonly refusal: VolumeRefusal;

  constructor(refusal: VolumeRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.refusal = refusal;
  }
}

/** @returns the error that stands for a volume that cannot be opened */
export function openFailure(path: string, cause: unknown): StorageError {
  return FULL.has(codeOf(cause))
    ? new StorageError('full', `the disk is full: there is no room to open the volume in ${path}`, { cause })
    : new StorageError('io', `the volume in ${path} cannot be opened`, { cause });
}

/** @returns the error that a failed write of the driver stands for; `hasRoom` says whether the disk has some left */
export function writeFailure(cause: unknown, hasRoom: () => boolean): StorageError {
  const code = codeOf(cause);
  // LMDB says EIO for a write that ends early, as it does when nothing is left.
  const isFull = FULL.has(code) || (code === EIO && !hasRoom());
  return isFull
    ? new StorageError('full', 'the disk is full', { cause })
    : new StorageError('io', 'a write to the disk failed', { cause });
}

/** What the system or LMDB calls an error. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

const EIO = 5;
/** By the names of Node, by the numbers of LMDB, and MDB_MAP_FULL: the map cannot grow. */
const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EFBIG', 'EDQUOT', 28, 27, 122, -30792]);
