import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { LoadWindow, WINDOW_SECONDS } from '#core/site-load/load-window.js';
import { addSiteHours, HOUR_MS, normalOf } from '#core/site-load/site-hours.js';
import type { WorkMeter } from '#core/site-load/work-meter.js';
import type { Site } from '#core/sites/index.js';

/** More than so many times what is normal is a sudden rise. */
const RISE = 5;
/** A site that asks for less is never throttled. */
const LEAST_REQUESTS_PER_SECOND = 10;
/** Some of what is asked for always gets through. */
const LARGEST_SHARE = 0.95;
const NORMAL_KNOWN_MS = 600_000;
const MOST_SITES = 10_000;

/** Why a site was throttled, the last time. */
export interface Throttling {
  at: Date;
  /** Milliseconds a second: asked for, normal, and allowed. */
  demandMs: number;
  normalMs: number;
  allowedMs: number;
  /** Of requests, from 0 to 1. */
  share: number;
}

/** What a site uses now, a second. */
export interface SiteLoadNow {
  usedMs: number;
  requests: number;
  normalMs: number;
  allowedMs: number;
  throttled: Throttling | undefined;
}

interface Known {
  window: LoadWindow;
  /** Of the last seven days; undefined: not read yet. */
  medianMs: number | undefined;
  readAt: number;
  /** Of a request that is yet to be refused. */
  due: number;
  throttled: Throttling | undefined;
  /** Not written yet, by hour. */
  unwritten: Map<number, { usedMs: number; requests: number; throttled: number }>;
}

/**
 * What each site uses of the server, over all its requests, and who asks for so much more than usual that part of it is
 * refused. Of this process.
 */
export class SiteLoad {
  #sites = new Map<string, Known>();

  constructor(
    private readonly core: Pick<Core, 'db' | 'clock' | 'background' | 'log'>,
    private readonly meter: WorkMeter,
  ) {}

  /**
   * Does work for a site, and counts what it uses.
   * @throws CoreError `site.throttled`, before the work is begun
   */
  async run<T>(site: Site, work: () => Promise<T>): Promise<T> {
    const known = this.#known(site);
    this.#admit(site, known);
    const used = this.meter();
    try {
      return await work();
    } finally {
      const [now, ms] = [this.core.clock.now(), used()];
      known.window.used(now, ms);
      this.#hour(known, now).usedMs += ms;
    }
  }

  /** Does work that has its turn when it comes, as batches have: it is counted as used, and never refused. */
  async count<T>(site: Site, work: () => Promise<T>): Promise<T> {
    const known = this.#known(site);
    const used = this.meter();
    try {
      return await work();
    } finally {
      const [now, ms] = [this.core.clock.now(), used()];
      known.window.usedInItsTime(now, ms);
      this.#hour(known, now).usedMs += ms;
    }
  }

  now(site: Site): SiteLoadNow {
    const known = this.#known(site);
    const { usedMs, requests } = known.window.rates(this.core.clock.now());
    return { usedMs, requests, ...boundsOf(site, known), throttled: known.throttled };
  }

  /** Writes down what was used since the last time. */
  async flush(): Promise<void> {
    const hours = [...this.#sites].flatMap(([siteId, { unwritten }]) => {
      const some = [...unwritten].map(([hour, used]) => ({ siteId, hour: new Date(hour * HOUR_MS), ...used }));
      unwritten.clear();
      return some;
    });
    await addSiteHours(this.core, hours);
  }

  #admit(site: Site, known: Known): void {
    const now = this.core.clock.now();
    known.window.asked(now);
    this.#hour(known, now).requests++;
    const { demandMs, requests } = known.window.rates(now);
    const { normalMs, allowedMs } = boundsOf(site, known);
    if (demandMs <= allowedMs || requests <= LEAST_REQUESTS_PER_SECOND) {
      known.due = 0;
      return;
    }
    // As much as is too much is refused, evenly: not all of it, and not by turns.
    const share = Math.min(LARGEST_SHARE, 1 - allowedMs / demandMs);
    known.due += share;
    if (known.due < 1) return;
    known.due -= 1;
    known.window.refused(now);
    this.#hour(known, now).throttled++;
    const isNew = known.throttled === undefined || now - known.throttled.at.getTime() > WINDOW_SECONDS * 1000;
    known.throttled = { at: new Date(now), demandMs, normalMs, allowedMs, share };
    if (isNew) this.core.log.warn({ site: site.id, ...known.throttled }, 'a site asks for much more than usual');
    throw new CoreError(
      'site.throttled',
      'The site asks for much more than usual: try again, and wait longer each time.',
      {
        retryAfterSeconds: Math.max(1, Math.ceil(share * WINDOW_SECONDS)),
      },
    );
  }

  #known(site: Site): Known {
    const now = this.core.clock.now();
    let known = this.#sites.get(site.id);
    if (known === undefined) {
      known = {
        ...{ window: new LoadWindow(), medianMs: undefined, readAt: now, due: 0, throttled: undefined },
        unwritten: new Map(),
      };
      this.#makeRoom();
      this.#sites.set(site.id, known);
      this.#read(site, known);
    } else if (now - known.readAt > NORMAL_KNOWN_MS) {
      known.readAt = now;
      this.#read(site, known);
    }
    return known;
  }

  #read(site: Site, known: Known): void {
    this.core.background.run('read what is normal for a site', async () => {
      known.medianMs = await normalOf(this.core, site.id);
    });
  }

  #hour(known: Known, now: number): { usedMs: number; requests: number; throttled: number } {
    const hour = Math.floor(now / HOUR_MS);
    const used = known.unwritten.get(hour) ?? { usedMs: 0, requests: 0, throttled: 0 };
    known.unwritten.set(hour, used);
    return used;
  }

  /** The one known longest goes, once it is written down. */
  #makeRoom(): void {
    if (this.#sites.size < MOST_SITES) return;
    const idle = [...this.#sites].find(([, { unwritten }]) => unwritten.size === 0);
    if (idle !== undefined) this.#sites.delete(idle[0]);
  }
}

function boundsOf(site: Site, { medianMs = 0 }: Known): { normalMs: number; allowedMs: number } {
  const normalMs = Math.max(medianMs, site.settings.leastUsedMsPerMinute / 60);
  return { normalMs, allowedMs: RISE * normalMs };
}
