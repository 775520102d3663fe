import { sql } from 'kysely';
import type { Timer } from '#clock.js';
import { hashKey, isWellFormedKey } from '#core/accounts/key-format.js';
import { effectiveLimits, type Limits } from '#core/accounts/limits.js';
import { scopesWithin } from '#core/accounts/role-scopes.js';
import type { Core } from '#core/core.js';
import type { Mode, UserTable } from '#core/tables.js';

/** Whoever presented a good key. */
export interface Caller {
  accountId: string;
  keyId: string;
  /** A test key sees and makes test rows only, a live key live ones only. */
  mode: Mode;
  /** Those of the key, as far as the role of its user goes. */
  scopes: readonly string[];
  /** Whose key it is; absent: the account's own, which may do what its owners may. */
  user?: CallingUser;
  /** The only site that the key reaches; absent: all of the account's. */
  siteId?: string;
  /** False: the account's API is switched off. */
  apiEnabled: boolean;
  limits: Limits;
}

/** The person behind a key. */
export interface CallingUser {
  id: string;
  name: string;
  role: UserTable['role'];
}

interface Remembered extends Caller {
  expiresAt: number | undefined;
  readAt: number;
}

const MOST_REMEMBERED = 10_000;
/** The longest that a change made elsewhere can go unseen if its notification is lost. */
const REMEMBERED_MS = 30_000;
const WRITE_USES_AFTER_MS = 10_000;

/**
 * Knows whose key a text is. Good keys are remembered, so that a request costs no query; every change of a key or an
 * account makes all processes forget (`KEYS_CHANNEL`). Last uses are collected and written together.
 */
export class KeyRing {
  #remembered = new Map<string, Remembered>();
  /** Grows with every `forget`, so that a row read before a change is not remembered after it. */
  #generation = 0;
  #lastUses = new Map<string, number>();
  #timer: Timer | undefined;

  constructor(private readonly core: Pick<Core, 'db' | 'clock' | 'background'>) {}

  /** Undefined: mistyped, unknown, revoked or expired. */
  async authenticate(text: string): Promise<Caller | undefined> {
    if (!isWellFormedKey(text)) return undefined;
    const hash = hashKey(text);
    const name = hash.toString('base64');
    const now = this.core.clock.now();
    let key = this.#remembered.get(name);
    if (key === undefined || now - key.readAt > REMEMBERED_MS) {
      const generation = this.#generation;
      key = await this.#read(hash);
      if (generation === this.#generation) this.#remember(name, key);
    }
    if (key === undefined || (key.expiresAt !== undefined && key.expiresAt <= now)) return undefined;
    this.#noteUse(key.keyId, now);
    return key;
  }

  /** Asks the database again at the next use of every key. */
  forget(): void {
    this.#generation++;
    this.#remembered.clear();
  }

  /** Writes the last uses collected so far. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const uses = [...this.#lastUses];
    this.#lastUses.clear();
    if (uses.length === 0) return;
    const ids = uses.map(([id]) => id);
    const times = uses.map(([, at]) => new Date(at));
    await sql`
      update api_keys set last_used_at = greatest(last_used_at, used.at)
      from unnest(${ids}::text[], ${times}::timestamptz[]) as used (id, at)
      where api_keys.id = used.id`.execute(this.core.db);
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    await this.flush();
  }

  async #read(hash: Buffer): Promise<Remembered | undefined> {
    const row = await this.core.db
      .selectFrom('api_keys')
      .innerJoin('accounts', 'accounts.id', 'api_keys.account_id')
      .leftJoin('users', 'users.id', 'api_keys.user_id')
      .select(['api_keys.id', 'api_keys.account_id', 'api_keys.mode', 'scopes', 'expires_at', 'api_enabled', 'limits'])
      .select('api_keys.site_id')
      .select(['users.id as user_id', 'users.name as user_name', 'users.role as user_role'])
      .where('hash', '=', hash)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const { user_id: id, user_name: name, user_role: role } = row;
    const user = id === null || name === null || role === null ? undefined : { id, name, role };
    return {
      accountId: row.account_id,
      keyId: row.id,
      mode: row.mode,
      scopes: user === undefined ? row.scopes : scopesWithin(row.scopes, user.role),
      ...(user === undefined ? {} : { user }),
      ...(row.site_id === null ? {} : { siteId: row.site_id }),
      apiEnabled: row.api_enabled,
      limits: effectiveLimits(row.limits),
      expiresAt: row.expires_at?.getTime(),
      readAt: this.core.clock.now(),
    };
  }

  #remember(name: string, key: Remembered | undefined): void {
    this.#remembered.delete(name);
    if (key === undefined) return;
    this.#remembered.set(name, key);
    // A Map keeps the order of insertion: the first is the one read longest ago.
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > MOST_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
  }

  #noteUse(keyId: string, now: number): void {
    // When full, only keys that are waiting already are brought up to date until the next writing.
    if (this.#lastUses.size >= MOST_REMEMBERED && !this.#lastUses.has(keyId)) return;
    this.#lastUses.set(keyId, now);
    this.#timer ??= this.core.clock.after(WRITE_USES_AFTER_MS, () => {
      this.core.background.run('write last uses of keys', () => this.flush());
    });
  }
}
