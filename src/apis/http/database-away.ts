/** Of the network below the connection. */
const NETWORK = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH)$/;
/** What the driver says in words alone. */
const DRIVER =
  /^(connection terminated|timeout exceeded when trying to connect|client has encountered a connection error)/i;

/**
 * Whether PostgreSQL cannot be reached: it refuses or ends connections (`FATAL`: it starts, stops, or has no room for
 * more), or the connection broke. A statement that it refuses is something else.
 */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code = '', severity, syscall } = error as Error & { code?: string; severity?: string; syscall?: string };
  if (severity === 'FATAL' || code.startsWith('08')) return true;
  if (NETWORK.test(code) || (code === 'ENOENT' && syscall === 'connect')) return true;
  return code === '' && DRIVER.test(error.message);
}
