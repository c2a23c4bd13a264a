import type { StorageError, StorageFault } from '../ports/storage-error.ts';

/** Whether something is the StorageError of that fault, naming that group and index, when they are given. */
export function isFault(fault: StorageFault, group?: number, index?: number): (error: unknown) => boolean {
  return (error) => {
    const { name, fault: found, group: at, index: position } = error as StorageError;
    if (name !== 'StorageError' || found !== fault) return false;
    return (group === undefined || at === group) && (index === undefined || position === index);
  };
}
