const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
const HIDDEN = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'service', 'v']);

/** Epoch milliseconds of a line, or null when it does not say. */
export function timeOfLogLine(line: string): number | null {
  const fields = parseFields(line);
  const text = fields === null ? (/^\S+[ T]\S+/.exec(line)?.[0] ?? '') : fields['time'];
  const time = typeof text === 'number' ? text : Date.parse(String(text).replace(/ (?=\d\d:)/, 'T'));
  return Number.isNaN(time) ? null : time;
}

/** A JSON line as a person reads it; any other line as it is. */
export function formatLogLine(line: string): string {
  const fields = parseFields(line);
  if (fields === null) return line;
  const time = timeOfLogLine(line);
  const level = LEVELS[Number(fields['level'])] ?? textOf(fields['level']);
  const rest = Object.entries(fields)
    .filter(([key]) => !HIDDEN.has(key))
    .map(([key, value]) => `${key}=${textOf(value)}`);
  const clock = time === null ? '' : new Date(time).toISOString().slice(11, 23);
  return [clock, level.padEnd(5), textOf(fields['msg']), ...rest].join(' ').trimEnd();
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function parseFields(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}
