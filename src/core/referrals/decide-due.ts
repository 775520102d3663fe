import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { findReferralCampaign } from '#core/referral-campaigns/index.js';
import { approveReferral } from '#core/referrals/approve-referral.js';
import { changeStatus, lockReferral } from '#core/referrals/decide-referral.js';
import type { Referral } from '#core/referrals/referral.js';
import { toSite } from '#core/sites/index.js';
import { WakeableLoop } from '#jobs/wakeable-loop.js';

const BATCH = 100;
const IDLE_MS = 60_000;
/** One that cannot be decided is left alone for so long, and holds up no other. */
const LATER_MS = 300_000;

type Deciding = Pick<Core, 'db' | 'clock' | 'settings' | 'dialects' | 'wake' | 'log' | 'background'>;

/** Decides referrals whose time has come: pending ones are approved, flagged ones become what their campaign says. */
export class ReferralDecider {
  readonly #loop: WakeableLoop;

  constructor(private readonly core: Deciding) {
    this.#loop = new WakeableLoop('decide referrals', core, () => this.#decide());
  }

  wake = (): void => this.#loop.wake();

  stop(): void {
    this.#loop.stop();
  }

  async #decide(): Promise<number> {
    const { db, clock, wake } = this.core;
    const now = new Date(clock.now());
    const due = await db
      .selectFrom('referrals')
      .select(['id', 'site_id'])
      .where('decides_at', '<=', now)
      .orderBy('decides_at')
      .limit(BATCH)
      .execute();
    for (const { id, site_id: siteId } of due) await this.#decideOne(id, siteId, now);
    if (due.length > 0) wake.deliveries();
    if (due.length === BATCH) return 0;
    const next = await db
      .selectFrom('referrals')
      .select('decides_at')
      .where('decides_at', '>', now)
      .orderBy('decides_at')
      .limit(1)
      .executeTakeFirst();
    const waitMs = (next?.decides_at?.getTime() ?? Infinity) - now.getTime();
    return Math.max(1, Math.min(waitMs, IDLE_MS));
  }

  async #decideOne(id: number, siteId: string, now: Date): Promise<void> {
    const { core } = this;
    try {
      await inTransaction(core.db, async (tx) => {
        const referral = await lockReferral(tx, { id: siteId }, { id }, { passing: true });
        // Somebody else has decided it, or is about to.
        if (referral === undefined || referral.decidesAt === null || referral.decidesAt > now) return;
        const site = toSite(
          await tx.selectFrom('sites').selectAll().where('id', '=', siteId).executeTakeFirstOrThrow(),
        );
        const campaign = await findReferralCampaign({ db: tx }, site, referral.campaignId);
        const becomes = referral.status === 'flagged' ? campaign.settings.flagged?.becomes : 'approved';
        if (becomes === 'approved' && !restsOnTyping(referral)) await approveReferral(tx, core, site, referral, 'time');
        else if (becomes === 'voided') await changeStatus(tx, core, site, referral, 'voided', 'time');
        // The campaign leaves it to somebody from now on, or nobody knows by time alone who brought them.
        else await tx.updateTable('referrals').set({ decides_at: null }).where('id', '=', id).execute();
      });
    } catch (error) {
      const detail = error instanceof Error ? error.stack : String(error);
      core.log.error({ error: detail, referral: id }, 'a referral could not be decided, and is looked at again later');
      await core.db
        .updateTable('referrals')
        .set({ decides_at: new Date(now.getTime() + LATER_MS) })
        .where('id', '=', id)
        .where('decides_at', '<=', now)
        .execute();
    }
  }
}

function restsOnTyping({ status, fraud }: Referral): boolean {
  return (
    status === 'flagged' && fraud.some(({ check, outcome }) => check === 'unconfirmed_claim' && outcome === 'flag')
  );
}
