const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  '57P01',
  '57P02',
  '57P03',
  '08000',
  '08001',
  '08003',
  '08004',
  '08006',
  '53300',
]);
const SERIALIZATION_CODES = new Set(['40001', '40P01']);

/** Whether an error means that the connection to PostgreSQL is gone or could not be made. */
export function isConnectionLoss(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== null) return CONNECTION_CODES.has(code);
  return (
    error instanceof Error &&
    /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/.test(
      error.message,
    )
  );
}

/** Whether PostgreSQL aborted a transaction that would have succeeded alone (serialization failure, deadlock). */
export function isSerializationFailure(error: unknown): boolean {
  const code = codeOf(error);
  return code !== null && SERIALIZATION_CODES.has(code);
}

/** The SQLSTATE or errno code of a driver error. */
export function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
