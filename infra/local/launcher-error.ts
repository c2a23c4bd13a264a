/** A failure that the person at the terminal can act on: one line that says what, and what to do. */
export class LauncherError extends Error {
  constructor(what: string, remedy: string, cause?: unknown) {
    super(`${what}: ${remedy}`, cause === undefined ? {} : { cause });
    this.name = 'LauncherError';
  }
}

/** The one line for any error, also for those of the operating system. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || /No space left on device/.test(error.message)) {
    return 'the disk is full: free some space, or set PEERMESH_HOME to a folder on another disk';
  }
  // Node puts the place of a syntax error only into the first line of the stack.
  if (error instanceof SyntaxError) return `${error.message} (${error.stack?.split('\n')[0] ?? 'unknown place'})`;
  return error.message.replaceAll(/\s*\n\s*/g, ' | ');
}
