const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses it',
  EACCES: 'ports under 1024 need privileges',
  EADDRNOTAVAIL: 'this machine does not have that address',
};

/** A socket could not be bound. The message is one line for the operator. */
export class BindError extends Error {
  override readonly name = 'BindError';
  /** The system's: `EADDRINUSE` … */
  readonly code: string | undefined;

  constructor(transport: 'UDP' | 'TCP' | 'TLS', host: string, port: number, cause: Error) {
    const code = (cause as NodeJS.ErrnoException).code;
    super(`cannot listen on ${transport} ${host} port ${port}: ${REASONS[code ?? ''] ?? cause.message}`, { cause });
    this.code = code;
  }
}
