import type {
  Incentive,
  RedemptionBatch,
  ReferralCampaign,
  ReferralCampaignSettings,
  SaveReferralCampaign,
} from '#core/referral-campaigns/index.js';
import type { Fault } from '#core/errors.js';
import { DEFAULT_TEXTS, GLEAM_HEADLINE, type CampaignDocument } from '#core/site-documents/campaign-shape.js';
import { present, readMoney, readPercentage } from '#core/site-documents/worth.js';
import { fromMinorUnits } from '#core/sites/index.js';
import { snakeCase } from '#core/snake-case.js';

/** What the coupon lists of a site are called. */
export type ListNames = readonly { id: number; name: string }[];

/** Its `faults`: lists that are not there, amounts that are finer than there are. */
export function toSaveCampaign(
  document: CampaignDocument,
  { currency, lists }: { currency: string; lists: ListNames },
): SaveReferralCampaign {
  const { slug, name, type: kind, status, tags, startsAt, endsAt, ...others } = document;
  const { incentives, loyalty, audience, texts, ...rest } = others;
  const faults: Fault[] = [];
  const listId = (called: string, at: string): number => {
    const found = lists.find((one) => one.name === called);
    if (found !== undefined) return found.id;
    faults.push({ path: at, message: `is no coupon list of the site: "${called.slice(0, 100)}"` });
    return 0;
  };
  const { redemptionBatches = [], ...rules } = loyalty ?? {};
  const settings = {
    ...rest,
    ...(audience === undefined ? {} : { audience }),
    texts: { headline: kind === 'reward_gleam' ? GLEAM_HEADLINE : DEFAULT_TEXTS.headline, ...texts },
    incentives: incentives.map(({ type, amount, percentage, couponList, criteria, ...incentive }, index) => {
      const at = `incentives[${index}]`;
      const money = (field: string) => (some: number) => readMoney(some, currency, `${at}.${field}`, faults);
      return {
        ...incentive,
        kind: type,
        ...present('amount', amount, money('amount')),
        ...present('percentage', percentage, (some) => readPercentage(some, `${at}.percentage`, faults)),
        ...present('couponListId', couponList, (called) => listId(called, `${at}.coupon_list`)),
        ...present('criteria', criteria, ({ subtotalMin, subtotalMax, ...others }) => ({
          ...others,
          ...present('subtotalMin', subtotalMin, money('criteria.subtotal_min')),
          ...present('subtotalMax', subtotalMax, money('criteria.subtotal_max')),
        })),
      };
    }),
    ...(loyalty === undefined ? {} : { loyalty: rules }),
  };
  return {
    ...{ slug, name: name ?? slug, kind, status, tags, startsAt: startsAt ?? null, endsAt: endsAt ?? null },
    // Its parts are those of the shape, and what is made of them here.
    settings: settings as ReferralCampaignSettings,
    redemptionBatches: redemptionBatches.map(({ couponList, ...batch }, index) => ({
      ...batch,
      couponListId: listId(couponList, `loyalty.redemption_batches[${index}].coupon_list`),
    })),
    faults,
  };
}

/** As it could be handed in again. */
export function campaignDocument(
  campaign: ReferralCampaign,
  batches: readonly RedemptionBatch[],
  { currency, lists }: { currency: string; lists: ListNames },
): Record<string, unknown> {
  const { slug, name, kind, status, tags, startsAt, endsAt, settings } = campaign;
  const nameOf = (id: number): string => lists.find((one) => one.id === id)?.name ?? '';
  const { incentives, loyalty, audience, fraud, ...rest } = settings;
  return {
    ...{ slug, name, type: kind, status, tags },
    ...present('starts_at', startsAt, (at) => at.toISOString()),
    ...present('ends_at', endsAt, (at) => at.toISOString()),
    ...(spelled(rest) as Record<string, unknown>),
    ...present('audience', audience, ({ properties, ...others }) => ({
      ...(spelled(others) as Record<string, unknown>),
      ...present('properties', properties),
    })),
    incentives: incentives.map((incentive) => incentiveDocument(incentive, currency, nameOf)),
    ...present('fraud', fraud),
    ...present('loyalty', loyalty, (rules) => ({
      ...(spelled(rules) as Record<string, unknown>),
      redemption_batches: batches.map(({ couponListId, description, pointsCost }) => ({
        ...{ coupon_list: nameOf(couponListId), description, points_cost: pointsCost },
      })),
    })),
  };
}

function incentiveDocument(
  { kind, amount, percentage, couponListId, criteria, ...incentive }: Incentive,
  currency: string,
  nameOf: (id: number) => string,
): Record<string, unknown> {
  const whole = (minor: number): number => fromMinorUnits(minor, currency);
  return {
    ...(spelled(incentive) as Record<string, unknown>),
    type: kind,
    ...present('amount', amount, whole),
    ...present('percentage', percentage, (hundredths) => hundredths / 100),
    ...present('coupon_list', couponListId, nameOf),
    ...present('criteria', criteria, ({ subtotalMin, subtotalMax, ...others }) => ({
      ...(spelled(others) as Record<string, unknown>),
      ...present('subtotal_min', subtotalMin, whole),
      ...present('subtotal_max', subtotalMax, whole),
    })),
  };
}

/** With the names of its fields, and of theirs, as documents spell them. */
export function spelled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spelled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [snakeCase(name), spelled(inner)]));
}
