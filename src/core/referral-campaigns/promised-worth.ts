import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { stateAt, toReferralCampaign, type Incentive } from '#core/referral-campaigns/referral-campaign.js';
import { fromMinorUnits, type Site } from '#core/sites/index.js';

/** What each code of a list is worth, one of the two: minor units, or hundredths of a per cent. */
export interface Worth {
  amount: number | null;
  percentage: number | null;
}

/** The field in which more, less or something else is promised than codes are worth. One that says nothing promises them. */
export function promisedOtherwise({ amount, percentage }: Incentive, worth: Worth): keyof Worth | undefined {
  if (amount !== undefined && amount !== worth.amount) return 'amount';
  if (percentage !== undefined && percentage !== worth.percentage) return 'percentage';
  return undefined;
}

/** `10 USD`, `12.5 %`. */
export function worthInWords({ amount, percentage }: Worth, currency: string): string {
  return percentage === null ? `${fromMinorUnits(amount ?? 0, currency)} ${currency}` : `${percentage / 100} %`;
}

/**
 * Of a list whose worth may have changed. Campaigns that are over or disabled promise nothing.
 * @throws CoreError `coupon_list.bad_input`
 */
export async function refuseOtherPromises(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  list: Worth & { id: number },
): Promise<void> {
  const at = new Date(core.clock.now());
  const rows = await core.db.selectFrom('referral_campaigns').selectAll().where('site_id', '=', site.id).execute();
  for (const campaign of rows.map(toReferralCampaign)) {
    if (!promisesAt(campaign, at)) continue;
    for (const [index, incentive] of campaign.settings.incentives.entries()) {
      const other = incentive.couponListId === list.id ? promisedOtherwise(incentive, list) : undefined;
      if (other === undefined) continue;
      const field = list.percentage === null ? 'amount' : 'percentage';
      throw new CoreError(
        'coupon_list.bad_input',
        `\`${field}\` is not what the campaign "${campaign.slug}" promises: leave out its \`incentives[${index}].${other}\` first.`,
        { field },
      );
    }
  }
}

export function promisesAt(campaign: Parameters<typeof stateAt>[0], at: Date): boolean {
  const state = stateAt(campaign, at);
  return state !== 'disabled' && state !== 'ended';
}
