import Type, { type TObject, type TProperties } from 'typebox';
import { COUPON_LIST_LIMITS as LIST } from '#core/coupons/index.js';
import {
  FRAUD_CHECKS,
  FRAUD_OUTCOMES,
  LONGEST_POSTAL_ADDRESS,
  MOST_MINOR_UNITS,
  SETTING_BOUNDS as BOUNDS,
} from '#core/sites/index.js';

export const strict = { additionalProperties: false };
export const Whole = (minimum: number, maximum: number, description?: string) =>
  Type.Optional(Type.Integer({ minimum, maximum, ...(description === undefined ? {} : { description }) }));
export const Words = (maxLength: number, description?: string) =>
  Type.String({ minLength: 1, maxLength, ...(description === undefined ? {} : { description }) });
export const Money = (description: string) =>
  Type.Optional(Type.Number({ minimum: 0, maximum: MOST_MINOR_UNITS, description }));
export const Percent = Type.Optional(Type.Number({ minimum: 0, maximum: 100, description: 'Per cent: `12.5`.' }));
export const Switch = Type.Optional(Type.Boolean());
export const Moment = Type.Optional(Type.String({ maxLength: 40, description: 'ISO 8601 with an offset.' }));

export const Fraud = Type.Object(
  Object.fromEntries(FRAUD_CHECKS.map((check) => [check, Type.Optional(Type.Enum([...FRAUD_OUTCOMES]))])),
  {
    ...strict,
    description: 'What becomes of a referral in which a check finds something; `skip`: it is not looked at.',
  },
);

const settings = {
  fraud: Type.Optional(Fraud),
  cookie_days: Whole(...BOUNDS.cookieDays, 'How long after a click a purchase in the same browser counts.'),
  share_emails_per_day: Whole(...BOUNDS.shareEmailsPerDay, 'Letters of one advocate in any 24 h.'),
  share_emails_at_once: Whole(...BOUNDS.shareEmailsAtOnce),
  reminder_days: Whole(...BOUNDS.reminderDays, 'When a friend who did nothing is reminded; 0: never.'),
  share_own_words: Type.Optional(Type.Boolean({ description: 'Whether letters carry words of the advocate’s own.' })),
  postal_address: Type.Optional(
    Type.String({ maxLength: LONGEST_POSTAL_ADDRESS, description: 'At the foot of every letter.' }),
  ),
};
/** What a site can set; each has a default. */
export const SettingsChange = Type.Object(settings, strict);
export const SettingsObject = Type.Object({
  ...settings,
  least_used_ms_per_minute: Type.Optional(
    Type.Integer({
      description:
        'What is normal for the site at least, whatever it used in the last seven days. Set by those who run the server.',
    }),
  ),
});

const couponList = {
  name: Words(LIST.name, 'Campaigns name it by this.'),
  amount: Money('In units of the site’s currency. This or `percentage`.'),
  percentage: Percent,
  description: Type.Optional(Words(LIST.description)),
  single_use: Type.Optional(Type.Boolean({ default: true, description: 'Each code is for one person alone.' })),
  usage_limit: Whole(1, LIST.usages, 'Of a code that is for many.'),
  expires_at: Moment,
  valid_days: Whole(1, LIST.days, 'After the hand-out, of codes for one person each.'),
  prefix: Type.Optional(Words(20, 'Codes are made up with it. Absent: codes are handed in, or asked for by webhook.')),
  refill_below: Whole(
    1,
    LIST.refillBelow,
    'When fewer are left, more are suggested to the shop by webhook. Absent: by how many were handed out lately.',
  ),
};
export const CouponListBody = Type.Object(couponList, {
  ...strict,
  examples: [{ name: 'Summer', amount: 10, description: '$10 off', prefix: 'SUMMER-', valid_days: 90 }],
});
export const CouponListObject = stored({
  ...couponList,
  id: Type.Integer(),
  codes: Type.Object({ total: Type.Integer(), issued: Type.Integer() }),
});

/** What is told of something that is kept. */
export function stored<T extends TProperties>(properties: T): TObject {
  return Type.Object({ ...properties, created_at: Type.String(), updated_at: Type.String() });
}

/** For lists that can be long. */
export const PageQuery = {
  page: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 }),
  per_page: Type.Integer({ minimum: 1, maximum: 100, default: 25 }),
};

export function pageOf<T>(items: readonly T[], { page, per_page }: { page: number; per_page: number }): T[] {
  return items.slice((page - 1) * per_page, page * per_page);
}
