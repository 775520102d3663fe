import { isDeepStrictEqual } from 'node:util';
import { recordAudit } from '#core/accounts/index.js';
import type { Core, Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { checkReferralCampaign, type SaveReferralCampaign } from '#core/referral-campaigns/check-referral-campaign.js';
import { promisesAt, type Worth } from '#core/referral-campaigns/promised-worth.js';
import { redemptionBatchesOf, writeRedemptionBatches } from '#core/referral-campaigns/redemption-batches.js';
import { toReferralCampaign, type ReferralCampaign } from '#core/referral-campaigns/referral-campaign.js';
import { lockSite, type Site } from '#core/sites/index.js';

/** Of one site. */
const MOST_CAMPAIGNS = 200;

/** What came of making something so: whether anything had to be done for it. */
export type Saved = 'created' | 'changed' | 'unchanged';

export interface SavedCampaign {
  campaign: ReferralCampaign;
  saved: Saved;
}

/**
 * Makes the campaign of this slug, or makes it this. `as: 'new'`: it must not be there yet.
 * @throws CoreError `referral_campaign.bad_input`, `referral_campaign.slug_taken`
 */
export async function saveReferralCampaign(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  input: SaveReferralCampaign,
  { actor, as }: { actor: string; as?: 'new' },
): Promise<SavedCampaign> {
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    // One after the other: a list that it names stays, and the limit is exact.
    await lockSite(tx, site.id);
    checkReferralCampaign(input, {
      ...{ lists: await worthOfLists(tx, site), currency: site.currency, promises: promisesAt(input, at) },
    });
    const { redemptionBatches = [], slug, kind } = input;
    const row = await tx
      .selectFrom('referral_campaigns')
      .selectAll()
      .where('site_id', '=', site.id)
      .where('slug', '=', slug)
      .executeTakeFirst();
    const values = {
      ...{ name: input.name, status: input.status, tags: input.tags },
      ...{ starts_at: input.startsAt, ends_at: input.endsAt, updated_at: at },
      settings: JSON.stringify(input.settings),
    };
    if (row === undefined) {
      await refuseTooMany(tx, site);
      const made = await tx
        .insertInto('referral_campaigns')
        .values({ site_id: site.id, slug, kind, created_at: at, ...values })
        .returningAll()
        .executeTakeFirstOrThrow();
      await writeRedemptionBatches(tx, made.id, redemptionBatches, at);
      await audit(tx, site, { actor, action: 'create', id: made.id, slug, at });
      return { campaign: toReferralCampaign(made), saved: 'created' };
    }
    if (as === 'new') {
      throw new CoreError('referral_campaign.slug_taken', `There is a campaign "${slug}" already.`, { field: 'slug' });
    }
    if (row.kind !== kind) {
      throw new CoreError(
        'referral_campaign.bad_input',
        `\`type\` stays: the campaign "${slug}" is of type ${row.kind}.`,
        { field: 'type' },
      );
    }
    const before = toReferralCampaign(row);
    const sameBatches = isDeepStrictEqual(await redemptionBatchesOf(tx, row.id), [...redemptionBatches]);
    if (isSame(before, input) && sameBatches) return { campaign: before, saved: 'unchanged' };
    const changed = await tx
      .updateTable('referral_campaigns')
      .set(values)
      .where('id', '=', row.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await writeRedemptionBatches(tx, row.id, redemptionBatches, at);
    await audit(tx, site, { actor, action: 'update', id: row.id, slug, at });
    return { campaign: toReferralCampaign(changed), saved: 'changed' };
  });
}

/**
 * Of a campaign that nobody was made an offer of.
 * @throws CoreError `referral_campaign.not_found`, `referral_campaign.in_use`
 */
export async function removeReferralCampaign(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  slug: string,
  actor: string,
): Promise<void> {
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    // Offers and rewards that are being made hold it, and are waited for.
    const row = await tx
      .selectFrom('referral_campaigns')
      .select('id')
      .where('site_id', '=', site.id)
      .where('slug', '=', slug)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined) throw new CoreError('referral_campaign.not_found', 'No campaign found.');
    for (const table of ['offers', 'rewards', 'loyalty_members'] as const) {
      const use = await tx.selectFrom(table).select('id').where('campaign_id', '=', row.id).limit(1).executeTakeFirst();
      if (use !== undefined) {
        throw new CoreError('referral_campaign.in_use', 'Somebody takes part in the campaign: disable it instead.');
      }
    }
    await tx.deleteFrom('referral_campaigns').where('id', '=', row.id).execute();
    await audit(tx, site, { actor, action: 'remove', id: row.id, slug, at });
  });
}

async function worthOfLists(tx: Db, site: Site): Promise<Map<number, Worth>> {
  const rows = await tx
    .selectFrom('coupon_lists')
    .select(['id', 'amount', 'percentage'])
    .where('site_id', '=', site.id)
    .execute();
  return new Map(rows.map(({ id, amount, percentage }) => [id, { amount, percentage }]));
}

async function refuseTooMany(tx: Db, site: Site): Promise<void> {
  const { n } = await tx
    .selectFrom('referral_campaigns')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('site_id', '=', site.id)
    .executeTakeFirstOrThrow();
  if (Number(n) < MOST_CAMPAIGNS) return;
  throw new CoreError('referral_campaign.bad_input', `A site has at most ${MOST_CAMPAIGNS} campaigns.`);
}

function isSame(before: ReferralCampaign, input: SaveReferralCampaign): boolean {
  const told = ({ name, status, tags, startsAt, endsAt, settings }: SaveReferralCampaign): unknown =>
    // What is stored has no fields that are undefined.
    JSON.parse(JSON.stringify({ name, status, tags, startsAt, endsAt, settings }));
  return isDeepStrictEqual(told(before), told(input));
}

interface Act {
  actor: string;
  action: 'create' | 'update' | 'remove';
  id: number;
  slug: string;
  at: Date;
}

async function audit(tx: Db, site: Site, { actor, action, id, slug, at }: Act): Promise<void> {
  await recordAudit(tx, {
    ...{ accountId: site.accountId, actor, action: `referral_campaign.${action}`, subject: String(id) },
    ...{ details: { site: site.slug, mode: site.mode, slug }, at },
  });
}
