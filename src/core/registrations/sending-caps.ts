import { sql } from 'kysely';
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

/** Where texts come from. */
export interface CappedSender {
  accountId: string;
  mode: Mode;
  sender: string;
}

/**
 * The caps of numbers that belong to an active registration (rule 6), in their order: of its campaign by the minute, of
 * the brand behind it by the day, whichever door the texts came by. None: nobody registered it.
 */
export async function sendingCapsOf(db: Db, senders: readonly CappedSender[], at: Date): Promise<SendingCap[][]> {
  const { rows } = await sql<Registered>`
    select asked.place::integer - 1 as place, r.id, r.brand_id, r.type, r.segments_per_minute, r.segments_per_day
    from unnest(
      ${senders.map(({ accountId }) => accountId)}::text[], ${senders.map(({ mode }) => mode)}::text[],
      ${senders.map(({ sender }) => sender)}::text[]
    ) with ordinality as asked (account_id, mode, number, place)
    join registration_numbers n on n.account_id = asked.account_id and n.mode = asked.mode and n.number = asked.number
    join registrations r on r.id = n.registration_id and r.state = 'active'`.execute(db);
  const byPlace = new Map(rows.map((row) => [row.place, row]));
  const [minute, day] = rows.length === 0 ? [] : [minuteOf(at), dayOf(at)];
  return senders.map((_, place): SendingCap[] => {
    const campaign = byPlace.get(place);
    if (campaign === undefined || minute === undefined || day === undefined) return [];
    const usual = CAPS[campaign.type as CampaignType];
    return [
      {
        ...{ scope: `registration ${campaign.id} minute`, ...minute, by: 'segments' },
        most: campaign.segments_per_minute ?? usual.segmentsPerMinute,
      },
      {
        ...{ scope: `registration ${campaign.brand_id ?? campaign.id} day`, ...day, by: 'segments' },
        most: campaign.segments_per_day ?? usual.segmentsPerDay,
      },
    ];
  });
}

interface Registered {
  place: number;
  id: string;
  brand_id: string | null;
  type: string | null;
  segments_per_minute: number | null;
  segments_per_day: number | null;
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
