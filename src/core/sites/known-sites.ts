import { sql, type Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { findPublicSite, findSite, type SiteAsker } from '#core/sites/find-site.js';
import { toSite, type Site } from '#core/sites/site.js';
import type { Tables } from '#core/tables.js';

/** The NOTIFY channel on which processes tell each other that what they remember of sites is out of date. */
export const SITES_CHANNEL = 'sites';

const MOST_REMEMBERED = 10_000;
/** The longest that a change made elsewhere can go unseen if its notification is lost. */
const REMEMBERED_MS = 30_000;

/**
 * Sites as they were read, so that a request costs no query for its site, least of all one that is refused. Every change
 * of a site makes all processes forget.
 */
export class KnownSites {
  #remembered = new Map<string, { site: Site; readAt: number }>();
  /** Grows with every `forget`, so that a row read before a change is not remembered after it. */
  #generation = 0;

  constructor(private readonly core: Pick<Core, 'db' | 'clock'>) {}

  /** As `findSite`. @throws CoreError `site.not_found` */
  async asked(asker: SiteAsker, slug?: string): Promise<Site> {
    const { accountId, mode, siteId } = asker;
    const site = await this.#read(JSON.stringify([accountId, mode, siteId, slug]), () =>
      findSite(this.core, asker, slug),
    );
    return site as Site;
  }

  /** By the id that pages of the shop show. Undefined: there is none. */
  shown(publicId: string): Promise<Site | undefined> {
    return this.#read(`public ${publicId}`, () => findPublicSite(this.core, publicId));
  }

  /** By its own id. Undefined: it is gone. */
  withId(id: string): Promise<Site | undefined> {
    return this.#read(`id ${id}`, async () => {
      const row = await this.core.db.selectFrom('sites').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? undefined : toSite(row);
    });
  }

  /** Asks the database again at the next use of every site. */
  forget(): void {
    this.#generation++;
    this.#remembered.clear();
  }

  async #read(name: string, read: () => Promise<Site | undefined>): Promise<Site | undefined> {
    const now = this.core.clock.now();
    const known = this.#remembered.get(name);
    if (known !== undefined && now - known.readAt <= REMEMBERED_MS) return known.site;
    const generation = this.#generation;
    const site = await read();
    if (generation !== this.#generation) return site;
    this.#remembered.delete(name);
    if (site === undefined) return undefined;
    this.#remembered.set(name, { site, readAt: now });
    // A Map keeps the order of insertion: the first is the one read longest ago.
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > MOST_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
    return site;
  }
}

/** Runs `work` in a transaction; with its commit all processes forget what they remember, this one before it returns. */
export async function changeSites<T>(
  core: Pick<Core, 'db' | 'knownSites'>,
  work: (tx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  const result = await inTransaction(core.db, async (tx) => {
    const done = await work(tx);
    await sql`select pg_notify(${SITES_CHANNEL}, '')`.execute(tx);
    return done;
  });
  core.knownSites.forget();
  return result;
}
