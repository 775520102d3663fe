import type { Db } from '#core/core.js';
import { numberCountry } from '#core/numbers/index.js';
import { CAPS, dayOf, minuteOf, type CampaignType } from '#core/registrations/caps.js';
import type { Mode } from '#core/tables.js';

/** So much may go through within a minute or a day, counted in `sending_counts` under its scope. */
export interface SendingCap {
  scope: string;
  startsAt: Date;
  most: number;
  by: 'segments';
  opensAt: Date;
}

/**
 * The caps of a number that belongs to an active registration (rule 6): of its campaign by the minute, of the brand
 * behind it by the day, whichever door the texts came by. None: nobody registered it.
 */
export async function sendingCaps(
  db: Db,
  { accountId, mode, sender, at }: { accountId: string; mode: Mode; sender: string; at: Date },
): Promise<SendingCap[]> {
  const campaign = await db
    .selectFrom('registration_numbers')
    .innerJoin('registrations', 'registrations.id', 'registration_numbers.registration_id')
    .select(['id', 'brand_id', 'type', 'segments_per_minute', 'segments_per_day'])
    .where('registration_numbers.account_id', '=', accountId)
    .where('registration_numbers.mode', '=', mode)
    .where('registration_numbers.number', '=', sender)
    .where('state', '=', 'active')
    .executeTakeFirst();
  if (campaign === undefined) return [];
  const usual = CAPS[campaign.type as CampaignType];
  return [
    {
      scope: `registration ${campaign.id} minute`,
      ...minuteOf(at),
      most: campaign.segments_per_minute ?? usual.segmentsPerMinute,
      by: 'segments',
    },
    {
      scope: `registration ${campaign.brand_id ?? campaign.id} day`,
      ...dayOf(at),
      most: campaign.segments_per_day ?? usual.segmentsPerDay,
      by: 'segments',
    },
  ];
}

/** Those of an account's numbers that are US long codes without an active registration. */
export async function unregisteredAmong(
  db: Db,
  { accountId, mode, senders }: { accountId: string; mode: Mode; senders: readonly string[] },
): Promise<Set<string>> {
  const longCodes = senders.filter((sender) => sender.startsWith('+1') && numberCountry(sender) === 'US');
  if (longCodes.length === 0) return new Set();
  const registered = await db
    .selectFrom('registration_numbers')
    .innerJoin('registrations', 'registrations.id', 'registration_numbers.registration_id')
    .select('number')
    .where('registration_numbers.account_id', '=', accountId)
    .where('registration_numbers.mode', '=', mode)
    .where('registration_numbers.number', 'in', longCodes)
    .where('state', '=', 'active')
    .execute();
  const active = new Set(registered.map(({ number }) => number));
  return new Set(longCodes.filter((number) => !active.has(number)));
}
