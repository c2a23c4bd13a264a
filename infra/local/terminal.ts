const BAR_WIDTH = 30;
const PLAIN_PROGRESS_STEP = 10;

/** What the launcher shows. On a terminal running steps and bars are redrawn; elsewhere each line is written once. */
export interface Terminal {
  line(text?: string): void;
  heading(text: string): void;
  /** Something that went wrong or recovered while the fleet runs; carries the time. */
  event(text: string): void;
  /** Runs one step and shows its name, result and time; several may run at once. */
  step<T>(name: string, work: () => Promise<T>, describe?: (result: T) => string): Promise<T>;
  table(headings: readonly string[], rows: readonly (readonly string[])[]): void;
  progress(name: string): ProgressBar;
}

export interface ProgressBar {
  update(done: number, total: number, note: string): void;
  end(): void;
}

/** A terminal that writes to a stream and, in the background process, also to whoever waits for it. */
export function createTerminal(
  out: { write(text: string): unknown; readonly isTTY?: boolean },
  mirror?: (text: string) => void,
): Terminal {
  const isInteractive = out.isTTY === true && mirror === undefined;
  const write = (text: string): void => {
    out.write(text);
    mirror?.(text);
  };
  const line = (text = ''): void => write(`${text}\n`);
  const transient = (text: string): void => {
    if (isInteractive) out.write(`\r\x1b[2K${text}`);
  };
  const running = new Set<string>();
  const showRunning = (): void => transient(running.size === 0 ? '' : `  … ${[...running].join(', ')}`);
  return {
    line,
    heading: (text) => line(`\n${text}`),
    event: (text) => line(`${new Date().toISOString().slice(11, 19)} ${text}`),
    step: async (name, work, describe) => {
      const startedAt = performance.now();
      running.add(name);
      showRunning();
      const end = (text: string): void => {
        running.delete(name);
        transient('');
        line(text);
        showRunning();
      };
      try {
        const result = await work();
        end(`  ✔ ${name.padEnd(12)} ${describe?.(result) ?? 'done'} (${seconds(performance.now() - startedAt)})`);
        return result;
      } catch (error) {
        end(`  ✖ ${name}`);
        throw error;
      }
    },
    table: (headings, rows) => {
      for (const row of formatTable(headings, rows)) line(`  ${row}`);
    },
    progress: (name) => createProgressBar(name, { line, transient, isInteractive }),
  };
}

/** Columns as wide as their widest cell. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const format = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [format(headings), format(widths.map((width) => '-'.repeat(width))), ...rows.map(format)];
}

/** `1.2 s`, `340 ms`. */
export function seconds(milliseconds: number): string {
  return milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(1)} s`;
}

function createProgressBar(
  name: string,
  out: { line(text: string): void; transient(text: string): void; isInteractive: boolean },
): ProgressBar {
  let text = '';
  let nextPlainPercent = 0;
  return {
    update: (done, total, note) => {
      const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
      const filled = Math.round((percent / 100) * BAR_WIDTH);
      text = `  ${name} [${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}] ${String(percent).padStart(3)} %  ${note}`;
      out.transient(text);
      if (!out.isInteractive && percent >= nextPlainPercent) {
        out.line(text);
        nextPlainPercent = percent - (percent % PLAIN_PROGRESS_STEP) + PLAIN_PROGRESS_STEP;
      }
    },
    end: () => {
      if (!out.isInteractive) return;
      out.transient('');
      out.line(text);
    },
  };
}
