import { hostname } from 'node:os';
import pg from 'pg';
import type { Clock } from '#clock.js';

/** First key of the two-key advisory lock that a living node holds; the second is its id. */
export const NODE_LOCK = 0x51de;

const RECONNECT_MS = 500;

/**
 * This process as a node: a row in `nodes` and a session advisory lock on its id. The server releases the lock when
 * the connection dies, so other processes see at once that the leases of this node are free.
 */
export class NodeLease {
  #client: pg.Client | undefined;
  #closed = false;
  #reconnecting: Promise<void> | undefined;

  private constructor(
    readonly id: number,
    private readonly connection: pg.ClientConfig,
    private readonly clock: Clock,
  ) {}

  static async acquire(connection: pg.ClientConfig, clock: Clock): Promise<NodeLease> {
    const client = new pg.Client(connection);
    // Without a listener a connection that breaks between two queries would end the process.
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ id: number }>(
      'insert into nodes (host, pid, started_at) values ($1, $2, $3) returning id',
      [hostname(), process.pid, new Date(clock.now())],
    );
    const lease = new NodeLease((rows[0] as { id: number }).id, connection, clock);
    await lease.#hold(client);
    return lease;
  }

  async #hold(client: pg.Client): Promise<void> {
    await client.query('select pg_advisory_lock($1, $2)', [NODE_LOCK, this.id]);
    client.on('error', () => this.#lost());
    client.on('end', () => this.#lost());
    this.#client = client;
  }

  /** The server went away: take the lock again as soon as it is back, under the same id. */
  #lost(): void {
    this.#client = undefined;
    if (this.#closed || this.#reconnecting !== undefined) return;
    this.#reconnecting = this.#reconnect().finally(() => (this.#reconnecting = undefined));
  }

  async #reconnect(): Promise<void> {
    while (!this.#closed && this.#client === undefined) {
      const client = new pg.Client(this.connection);
      client.on('error', () => undefined);
      try {
        await client.connect();
        await this.#hold(client);
      } catch {
        await client.end().catch(() => undefined);
        await new Promise<void>((resolve) => this.clock.after(RECONNECT_MS, resolve));
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }
}
