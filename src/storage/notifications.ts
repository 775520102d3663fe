import pg from 'pg';
import type { Clock, Timer } from '../clock.js';
import { clientOptions, connectFailure, type Connection } from './connection.js';
import type { StorageLog } from './log.js';

export interface NotificationHandler {
  /** A NOTIFY on the channel, by any process. */
  onNotify(payload: string): void;
  /**
   * Notifications may have been missed: called when the connection breaks, and again when listening has begun anew.
   * Clear caches and look for work.
   */
  onLost(): void;
}

export interface Notifications {
  /** Resolves when the server listens. @returns a function that ends this handler. */
  listen(channel: string, handler: NotificationHandler): Promise<() => void>;
  close(): Promise<void>;
}

const FIRST_RECONNECT_MS = 100;
const LONGEST_RECONNECT_MS = 5_000;

/** LISTEN on one connection of its own, opened at the first use and again whenever it breaks, for as long as it takes. */
export function openNotifications(connection: Connection, clock: Clock, log: StorageLog): Notifications {
  const handlers = new Map<string, Set<NotificationHandler>>();
  let client: pg.Client | undefined;
  let connecting: Promise<pg.Client> | undefined;
  let reconnect: Timer | undefined;
  let closed = false;

  const everyHandler = (): NotificationHandler[] => [...handlers.values()].flatMap((set) => [...set]);

  const connect = async (): Promise<pg.Client> => {
    const fresh = new pg.Client(clientOptions(connection));
    fresh.on('error', () => undefined); // 'end' follows
    fresh.on('notification', ({ channel, payload }) => {
      for (const handler of handlers.get(channel) ?? []) handler.onNotify(payload ?? '');
    });
    try {
      await fresh.connect();
      for (const channel of handlers.keys()) await fresh.query(`listen ${fresh.escapeIdentifier(channel)}`);
    } catch (error) {
      await fresh.end().catch(() => undefined);
      throw connectFailure(connection, error);
    }
    fresh.on('end', () => {
      if (client !== fresh) return;
      client = undefined;
      if (closed) return;
      log.warn('the connection that listens to the database broke; connecting again');
      for (const handler of everyHandler()) handler.onLost();
      reconnectIn(FIRST_RECONNECT_MS);
    });
    client = fresh;
    return fresh;
  };

  const connectOnce = (): Promise<pg.Client> => {
    connecting ??= connect().finally(() => (connecting = undefined));
    return connecting;
  };

  const reconnectIn = (waitMs: number): void => {
    reconnect = clock.after(waitMs, () => {
      if (closed || client !== undefined) return;
      connectOnce().then(
        () => {
          for (const handler of everyHandler()) handler.onLost();
        },
        () => reconnectIn(Math.min(LONGEST_RECONNECT_MS, waitMs * 2)),
      );
    });
  };

  return {
    async listen(channel, handler) {
      const set = handlers.get(channel) ?? new Set();
      handlers.set(channel, set.add(handler));
      try {
        const open = client ?? (await connectOnce());
        await open.query(`listen ${open.escapeIdentifier(channel)}`);
      } catch (error) {
        set.delete(handler);
        throw error;
      }
      return () => void set.delete(handler);
    },
    async close() {
      closed = true;
      reconnect?.cancel();
      const open = client ?? (await connecting?.catch(() => undefined));
      client = undefined;
      await open?.end();
    },
  };
}
