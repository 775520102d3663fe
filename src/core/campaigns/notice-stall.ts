import type { Transaction } from 'kysely';
import { STALLED_AFTER_MS, stalled } from '#core/campaigns/campaign-stats.js';
import type { CampaignRow } from '#core/campaigns/campaign.js';
import { STALL_REASONS, type StallReason } from '#core/campaigns/stall-reason.js';
import type { Tables } from '#core/tables.js';
import { noticeTrouble, noticeTroubleOver, type Trouble } from '#core/trouble/index.js';

/**
 * After a look at a running campaign: tells its owners where it has reached nobody for an hour, and when it goes on.
 * `campaign` is as it was before the look; `now` what the look found.
 */
export async function noticeStall(
  tx: Transaction<Tables>,
  campaign: CampaignRow,
  now: { reason: StallReason | null; moved: boolean },
  at: Date,
): Promise<void> {
  const { id, account_id: accountId, name, mode, moved_at: movedAt } = campaign;
  // Nobody can have been told of one that moved since, and the sandbox tells nobody.
  if (mode === 'test' || movedAt === null || movedAt.getTime() > at.getTime() - STALLED_AFTER_MS) return;
  const trouble = (detail: string): Trouble => ({ kind: 'campaign_stalled', subject: id, accountId, name, detail });
  if (now.moved) {
    await noticeTroubleOver(tx, trouble('Its people are called or texted again.'), at);
    return;
  }
  // In the morning nobody was due all night, whatever it is that stands in the way for a moment.
  if ((await stalled(tx, { id, reason: null, movedAt }, at)) === undefined) return;
  const detail = `${STALL_REASONS[now.reason ?? 'queue']} Nobody was reached since ${movedAt.toISOString()}.`;
  await noticeTrouble(tx, trouble(detail), at);
}
