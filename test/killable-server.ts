import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Connection } from '#storage/connection.js';
import type { KillPoint } from '#core/core.js';
import type { DieAt, ServerReady } from './killed-server.js';

const CHILD = fileURLToPath(new URL('./killed-server.js', import.meta.url));

/** The parent's side of `killed-server.ts`. */
export class KillableServer {
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  private constructor(
    private readonly child: ChildProcess,
    readonly ready: ServerReady,
  ) {
    this.exited = exitOf(child);
  }

  /** Rejects with what the process said when it ends instead of starting. */
  static async start(environment: Record<string, string>): Promise<KillableServer> {
    const child = fork(CHILD, {
      env: {
        PATH: process.env['PATH'],
        SIDETONE_PORT: '0',
        SIDETONE_SIP_PORT: '0',
        SIDETONE_RTP_PORTS: '0',
        SIDETONE_LOG_LEVEL: 'error',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (said += text));
    }
    const ready = await new Promise<ServerReady>((resolve, reject) => {
      child.once('message', (message) => resolve(message as ServerReady));
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
    });
    return new KillableServer(child, ready);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves when it knows that it shall die there. */
  async dieAt(point: KillPoint): Promise<void> {
    const armed = new Promise((resolve) => this.child.once('message', resolve));
    this.child.send({ dieAt: point } satisfies DieAt);
    await armed;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /** SIGTERM, and its exit code. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return (await this.exited).code;
  }
}

function exitOf(child: ChildProcess): KillableServer['exited'] {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve({ code: child.exitCode, signal: child.signalCode });
    } else child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

/** As `DATABASE_URL` has it; a socket's folder stands percent-encoded where a host would. */
export function databaseUrl(connection: Connection): string {
  if ('url' in connection) return connection.url;
  const { host, port, user, database } = connection;
  return `postgres://${encodeURIComponent(user)}@${encodeURIComponent(host)}:${port}/${database}`;
}

/** A client that repeats its request, with its Idempotency-Key, until a server has answered it. */
export async function postUntilAnswered(
  url: () => string | undefined,
  path: string,
  options: { key: string; idempotencyKey: string; body: object },
): Promise<{ status: number; body: Record<string, unknown> }> {
  for (;;) {
    const server = url();
    if (server !== undefined) {
      try {
        const response = await fetch(`${server}${path}`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${options.key}`,
            'content-type': 'application/json',
            'idempotency-key': options.idempotencyKey,
          },
          body: JSON.stringify(options.body),
        });
        const body = (await response.json()) as Record<string, unknown>;
        // 409: the server still works on the request whose answer got lost.
        if (response.status < 500 && response.status !== 409) return { status: response.status, body };
      } catch (error) {
        // fetch says `TypeError: fetch failed` for every broken connection.
        if (!(error instanceof TypeError)) throw error;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
