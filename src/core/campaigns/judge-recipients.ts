import { sql } from 'kysely';
import { allowedAmong } from '#core/calls/index.js';
import type { CampaignRow } from '#core/campaigns/campaign.js';
import { firstDue } from '#core/campaigns/recipient-rows.js';
import type { Core, Db } from '#core/core.js';
import { withinStage } from '#core/numbers/index.js';
import type { SkipOutcome } from '#core/recipients/index.js';
import { suppressedAmong } from '#core/suppression/index.js';

/** A recipient who is due. */
export interface DueRecipient {
  position: number;
  phone: string;
  variables: Record<string, string>;
  metadata: Record<string, unknown> | null;
  time_zone: string | null;
  consent: string | null;
  tries: number;
}

/** What may be done about them now. */
export type Verdict = { kind: 'try' } | { kind: 'skip'; outcome: SkipOutcome } | { kind: 'wait'; until: Date };

type Judged = Pick<CampaignRow, 'id' | 'account_id' | 'mode' | 'channel' | 'purpose' | 'calling_hours' | 'ends_at'>;

const DAY_MS = 86_400_000;
/** While another campaign speaks to the same person. */
const BUSY_ELSEWHERE_MS = 60_000;
/** Marketing calls or texts to one number within a day, over all campaigns (rule 5). */
const MARKETING_TRIES_A_DAY = 3;

/**
 * Whether each may be called or texted at this moment: opt-outs (rule 3), the outbound rule, consent and attempts of
 * marketing (rule 5), the hours where they are. A few statements, however many they are. In the order of `recipients`.
 */
export async function judgeRecipients(
  core: Pick<Core, 'secrets'>,
  db: Db,
  campaign: Judged,
  recipients: readonly DueRecipient[],
  at: Date,
): Promise<Verdict[]> {
  if (recipients.length === 0) return [];
  const { account_id: accountId, mode, purpose, channel } = campaign;
  const addresses = recipients.map(({ phone }) => phone);
  const suppressed = await suppressedAmong(db, core.secrets, { accountId, mode, purpose, channel, addresses });
  const allowed = await allowedAmong(db, { accountId, mode, numbers: addresses });
  const reachable = await withinStage(db, { accountId, mode, numbers: addresses });
  const consents = purpose === 'marketing' ? await consentsOf(db, campaign, addresses) : undefined;
  const elsewhere = await activeElsewhere(db, campaign, addresses);
  const capped = await cappedUntil(db, campaign, addresses, at);
  const skip = (outcome: SkipOutcome): Verdict => ({ kind: 'skip', outcome });
  const later = (until: Date | undefined, otherwise: SkipOutcome): Verdict =>
    until === undefined || (campaign.ends_at !== null && until >= campaign.ends_at)
      ? skip(otherwise)
      : { kind: 'wait', until };
  return recipients.map(({ phone, time_zone: timeZone, consent }): Verdict => {
    if (suppressed.has(phone)) return skip('suppressed');
    if (!allowed.has(phone) || !reachable.has(phone)) return skip('not_allowed');
    if (consents !== undefined && !(consents.get(phone) ?? consent !== null)) return skip('no_consent');
    const open = firstDue(campaign.calling_hours, { phone, timeZone }, at);
    if (open === undefined || open > at) return later(open, 'no_hours');
    const cappedTo = capped.get(phone);
    if (cappedTo !== undefined) return later(cappedTo, 'attempts_capped');
    if (elsewhere.has(phone)) return { kind: 'wait', until: new Date(at.getTime() + BUSY_ELSEWHERE_MS) };
    return { kind: 'try' };
  });
}

/** What the address book says last of their consent; it goes before what the campaign was given. */
async function consentsOf(db: Db, campaign: Judged, phones: string[]): Promise<Map<string, boolean>> {
  const { rows } = await sql<{ phone: string; state: string }>`
    select c.phone, last.state
    from contacts c cross join lateral (
      select state from contact_consents k
      where k.contact_id = c.id and k.channel = ${campaign.channel}
      order by k.id desc limit 1
    ) last
    where c.account_id = ${campaign.account_id} and c.mode = ${campaign.mode}
      and c.phone = any(${phones}::text[])`.execute(db);
  return new Map(rows.map(({ phone, state }) => [phone, state === 'granted']));
}

/** Whom another campaign of the account is calling or texting now. A text that has left keeps nobody waiting. */
async function activeElsewhere(db: Db, campaign: Judged, phones: string[]): Promise<Set<string>> {
  const { rows } = await sql<{ phone: string }>`
    select r.phone
    from campaign_recipients r join campaigns c on c.id = r.campaign_id
    where r.phone = any(${phones}::text[]) and r.status in ('waiting', 'active') and r.status = 'active'
      and r.outcome is distinct from 'sent' and r.campaign_id <> ${campaign.id} and c.account_id = ${campaign.account_id} and c.mode = ${campaign.mode}
      and c.channel = ${campaign.channel}`.execute(db);
  return new Set(rows.map(({ phone }) => phone));
}

/** Of marketing: until when numbers that had their tries of a day wait. Calls and texts count apart. */
async function cappedUntil(db: Db, campaign: Judged, phones: string[], at: Date): Promise<Map<string, Date>> {
  const most = await triesADay(db, campaign);
  if (most === undefined) return new Map();
  const [table, to] = campaign.channel === 'voice' ? ['calls', 'to_number'] : ['messages', 'to_address'];
  const since = new Date(at.getTime() - DAY_MS);
  const { rows } = await sql<{ phone: string; at: Date }>`
    select p.phone, nth.created_at as at
    from unnest(${phones}::text[]) as p (phone) cross join lateral (
      select t.created_at from ${sql.table(table ?? '')} t
      where t.account_id = ${campaign.account_id} and t.mode = ${campaign.mode} and t.${sql.ref(to ?? '')} = p.phone
        and t.campaign_id is not null and t.created_at > ${since}
      order by t.id desc offset ${most - 1} limit 1
    ) nth`.execute(db);
  return new Map(rows.map((row) => [row.phone, new Date(row.at.getTime() + DAY_MS)]));
}

/** The account's own figure, for whatever purpose; else only marketing is capped. */
async function triesADay(db: Db, { account_id, purpose }: Judged): Promise<number | undefined> {
  const { outreach_policy: policy } = await db
    .selectFrom('accounts')
    .select('outreach_policy')
    .where('id', '=', account_id)
    .executeTakeFirstOrThrow();
  const own = policy['attempts_per_number_per_day'];
  if (typeof own === 'number' && own >= 1) return Math.floor(own);
  return purpose === 'marketing' ? MARKETING_TRIES_A_DAY : undefined;
}
