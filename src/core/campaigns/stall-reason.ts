import { sql } from 'kysely';
import { costOf, findWallet, priceOf } from '#core/billing/index.js';
import { findUnregistered } from '#core/campaigns/check-senders.js';
import type { CampaignRow } from '#core/campaigns/campaign.js';
import type { Db } from '#core/core.js';

/** Why a campaign can reach nobody at the moment, whoever is due. */
export const STALL_REASONS = {
  no_funds: 'The balance of the account does not pay for another call or text.',
  no_trunk: 'No trunk leads out: add one with `sidetone trunks add NAME --uri sip:HOST`.',
  trunks_down: 'Every trunk is down.',
  not_registered:
    'A sender belongs to no active registration, and the account refuses such texts: see `sidetone registrations`.',
  no_carrier: 'No carrier leads out: add one with `sidetone carriers add`.',
  queue: 'What was handed out is not being dialled or sent.',
} as const;
export type StallReason = keyof typeof STALL_REASONS;

/** Feeding it now would only burn through its recipients. Undefined: nothing speaks against it. */
export async function stallReason(db: Db, campaign: CampaignRow): Promise<StallReason | undefined> {
  if (campaign.mode === 'test') return undefined;
  const { account_id: accountId, channel } = campaign;
  const { metering, balance } = await findWallet({ db }, accountId);
  if (metering !== 'off') {
    const price = await priceOf(db, accountId, channel === 'voice' ? 'voice_minute' : 'sms_segment');
    if (balance < costOf(price, 1)) return 'no_funds';
  }
  if (channel === 'sms') {
    const { rows } = await sql`
      select from carriers where account_id is null or account_id = ${accountId} limit 1`.execute(db);
    if (rows.length === 0) return 'no_carrier';
    const { senders, mode } = campaign;
    return (await findUnregistered(db, { accountId, mode, senders })).isRefused ? 'not_registered' : undefined;
  }
  const { rows } = await sql<{ up: boolean | null }>`
    select s.up from trunks t left join trunk_states s on s.trunk_id = t.id
    where t.account_id is null or t.account_id = ${accountId}`.execute(db);
  if (rows.length === 0) return 'no_trunk';
  return rows.every(({ up }) => up === false) ? 'trunks_down' : undefined;
}
