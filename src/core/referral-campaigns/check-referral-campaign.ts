import type { Fault } from '#core/errors.js';
import { CAMPAIGN_LIMITS as LIMITS } from '#core/referral-campaigns/campaign-limits.js';
import { Problems } from '#core/referral-campaigns/campaign-problems.js';
import { isEventCategory } from '#core/origins/index.js';
import { checkIncentives, type Promising } from '#core/referral-campaigns/check-incentives.js';
import { checkKind } from '#core/referral-campaigns/check-kind.js';
import { checkLoyalty } from '#core/referral-campaigns/check-loyalty.js';
import type { RedemptionBatch } from '#core/referral-campaigns/redemption-batches.js';
import type { ReferralCampaign, ReferralCampaignSettings } from '#core/referral-campaigns/referral-campaign.js';
import { FRAUD_CHECKS, FRAUD_OUTCOMES, isOneLine, isShopUrl, isSlug } from '#core/sites/index.js';
import { snakeCase } from '#core/snake-case.js';

/** What texts of pages and letters can have filled in. */
const PLACEHOLDERS = ['link', 'name', 'site', 'advocate_reward', 'friend_reward'];
const TEXT_LENGTHS: Record<keyof ReferralCampaignSettings['texts'], number> = LIMITS.texts;

/** What a campaign is to be. */
export interface SaveReferralCampaign extends Pick<
  ReferralCampaign,
  'slug' | 'name' | 'kind' | 'status' | 'tags' | 'startsAt' | 'endsAt' | 'settings'
> {
  /** Of kind `loyalty`: what points can be redeemed for, in this order. */
  redemptionBatches?: readonly RedemptionBatch[];
  /** What was found wrong with its document; the rest is told with it. */
  faults?: readonly Fault[];
}

/**
 * Paths are those of a campaign's document.
 * @throws CoreError `referral_campaign.bad_input` with all that is wrong
 */
export function checkReferralCampaign(campaign: SaveReferralCampaign, promising: Promising): void {
  const problems = new Problems(campaign.faults);
  const { settings } = campaign;
  if (!isSlug(campaign.slug)) {
    problems.add('slug', 'is 1 to 63 lower-case letters, digits and hyphens, with no hyphen at its ends');
  }
  problems.line('name', campaign.name, LIMITS.name);
  checkTags(problems, 'tags', campaign.tags);
  if (campaign.startsAt !== null && campaign.endsAt !== null && campaign.startsAt >= campaign.endsAt) {
    problems.add('ends_at', 'is not after its beginning');
  }
  if (settings.landingUrl !== undefined && !isShopUrl(settings.landingUrl)) {
    problems.add('landing_url', 'begins with https:// or http://, has no password in it, and is one line');
  }
  checkCategories(problems, 'joinable_by', settings.joinableBy, ['affiliate_member', 'purchase']);
  checkCategories(problems, 'converts_by', settings.convertsBy, ['purchase']);
  checkTimes(problems, settings);
  checkAudience(problems, settings);
  checkKind(problems, campaign);
  checkIncentives(problems, settings, promising);
  checkFraud(problems, settings);
  checkTexts(problems, settings);
  checkLoyalty(problems, campaign, campaign.redemptionBatches ?? [], promising.lists);
  problems.throwAny();
}

function checkTags(problems: Problems, at: string, tags: readonly string[]): void {
  problems.count(at, tags, LIMITS.tags);
  for (const [index, tag] of tags.entries()) problems.line(`${at}[${index}]`, tag, LIMITS.tag);
  problems.unique(at, tags);
}

function checkCategories(
  problems: Problems,
  at: string,
  categories: readonly string[],
  words: readonly string[],
): void {
  problems.count(at, categories, LIMITS.categories);
  problems.unique(at, categories);
  for (const [index, category] of categories.entries()) {
    if (words.includes(category) || isEventCategory(category)) continue;
    problems.add(`${at}[${index}]`, `is ${words.join(' or ')} or event:CATEGORY, whose category has no colon`);
  }
}

function checkTimes(problems: Problems, settings: ReferralCampaignSettings): void {
  problems.whole('origin_min_age', settings.originMinAge, 0, LIMITS.age);
  problems.whole('origin_max_age', settings.originMaxAge, 0, LIMITS.age);
  problems.ordered('origin_max_age', settings.originMinAge, settings.originMaxAge);
  problems.whole('approval_delay', settings.approvalDelay, 0, LIMITS.delay);
  problems.whole('flagged.delay', settings.flagged?.delay, 0, LIMITS.delay);
  problems.whole('advocate_deadline_days', settings.advocateDeadlineDays, 1, LIMITS.days);
  problems.whole('friend_deadline_days', settings.friendDeadlineDays, 1, LIMITS.days);
  problems.whole('friend_offer_hours', settings.friendOfferHours, 1, LIMITS.hours);
}

function checkAudience(problems: Problems, { audience }: ReferralCampaignSettings): void {
  if (audience === undefined) return;
  if (audience.tags?.length === 0) problems.add('audience.tags', 'has at least one tag: without one, nobody is of it');
  checkTags(problems, 'audience.tags', audience.tags ?? []);
  const properties = Object.entries(audience.properties ?? {});
  if (audience.properties !== undefined && properties.length === 0) {
    problems.add('audience.properties', 'has at least one property');
  }
  problems.count('audience.properties', properties, LIMITS.properties);
  for (const [name, value] of properties) {
    problems.text('audience.properties', name, LIMITS.propertyName);
    problems.text(`audience.properties.${name}`, value, LIMITS.property, 0);
  }
}

function checkFraud(problems: Problems, { fraud = {} }: ReferralCampaignSettings): void {
  for (const [check, outcome] of Object.entries(fraud)) {
    if (!FRAUD_CHECKS.includes(check as never)) problems.add(`fraud.${check}`, 'is no check that there is');
    if (!FRAUD_OUTCOMES.includes(outcome)) problems.add(`fraud.${check}`, `is one of ${FRAUD_OUTCOMES.join(', ')}`);
  }
}

function checkTexts(problems: Problems, { texts }: ReferralCampaignSettings): void {
  for (const [name, most] of Object.entries(TEXT_LENGTHS) as [keyof typeof TEXT_LENGTHS, number][]) {
    const at = `texts.${snakeCase(name)}`;
    problems.text(at, texts[name], most);
    const unknown = [...texts[name].matchAll(/\{(\w+)\}/g)].find(([, word = '']) => !PLACEHOLDERS.includes(word));
    if (unknown !== undefined) {
      problems.add(at, `has ${unknown[0]}; there are ${PLACEHOLDERS.map((word) => `{${word}}`).join(', ')}`);
    }
  }
  if (!isOneLine(texts.shareSubject)) problems.add('texts.share_subject', 'is one line');
}
