import type { Transaction } from 'kysely';
import type { CampaignRow } from '#core/campaigns/campaign.js';
import { feedCampaign, type FeedingCore } from '#core/campaigns/feed-campaign.js';
import type { Core } from '#core/core.js';
import type { Tables } from '#core/tables.js';
import { WakeableLoop } from '#jobs/wakeable-loop.js';

/** Looks in one run of the loop; those that are due longest come first, so that every campaign has its turn. */
const LOOKS = 100;
const IDLE_MS = 1000;
/** After a defect of ours a campaign is left alone for so long, and the others go on. */
const AFTER_ERROR_MS = 60_000;

/** Hands the recipients of running campaigns to dialling and sending, just in time. */
export class CampaignFeeder {
  readonly #loop: WakeableLoop;

  constructor(
    private readonly core: FeedingCore & Pick<Core, 'db' | 'clock' | 'background' | 'log' | 'wake' | 'killPoint'>,
  ) {
    this.#loop = new WakeableLoop('feed campaigns', core, () => this.#feed());
  }

  start(): void {
    this.#loop.wake();
  }

  wake = (): void => this.#loop.wake();

  stop(): void {
    this.#loop.stop();
  }

  /** Milliseconds until the next look. */
  async #feed(): Promise<number> {
    for (let look = 0; look < LOOKS; look++) {
      const at = new Date(this.core.clock.now());
      let looking: CampaignRow | undefined;
      try {
        const fed = await this.core.db.transaction().execute(async (tx) => {
          looking = await nextDue(tx, at);
          if (looking !== undefined) await feedCampaign(this.core, tx, looking);
          return looking !== undefined;
        });
        if (!fed) return this.#wait();
        this.core.killPoint('recipient.fed');
        this.core.wake[looking?.channel === 'sms' ? 'messages' : 'calls']();
        this.core.wake.deliveries();
      } catch (error) {
        if (looking === undefined) throw error;
        await this.#leaveAlone(looking, error);
      }
    }
    return 0;
  }

  async #wait(): Promise<number> {
    const next = await this.core.db
      .selectFrom('campaigns')
      .select('next_at')
      .where('next_at', 'is not', null)
      .orderBy('next_at')
      .limit(1)
      .executeTakeFirst();
    const waitMs = (next?.next_at?.getTime() ?? Infinity) - this.core.clock.now();
    return Math.max(1, Math.min(waitMs, IDLE_MS));
  }

  async #leaveAlone({ id }: CampaignRow, error: unknown): Promise<void> {
    const { log, db, clock } = this.core;
    log.error({ campaign: id, error: error instanceof Error ? error.stack : String(error) }, 'a campaign was not fed');
    const nowMs = clock.now();
    await db
      .updateTable('campaigns')
      .set({ next_at: new Date(nowMs + AFTER_ERROR_MS) })
      .where('id', '=', id)
      .where('next_at', 'is not', null)
      .execute();
  }
}

async function nextDue(tx: Transaction<Tables>, at: Date): Promise<CampaignRow | undefined> {
  return tx
    .selectFrom('campaigns')
    .selectAll()
    .where('next_at', 'is not', null)
    .where('next_at', '<=', at)
    .orderBy('next_at')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
}
