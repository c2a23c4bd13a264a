import { onBrokenPipe } from './broken-pipe.ts';

// Loaded before a script that only shows something: without a reader there is nothing left to do.
onBrokenPipe(() => process.exit(0));
