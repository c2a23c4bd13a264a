/**
 * Does something when whoever read the output of this process is gone, as `head` is when it has enough. What is written
 * from then on goes nowhere; it is no failure.
 */
export function onBrokenPipe(then: () => void): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    then();
  });
}
