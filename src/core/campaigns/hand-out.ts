import { sql, type Transaction } from 'kysely';
import { insertCalls } from '#core/calls/index.js';
import type { CampaignRow } from '#core/campaigns/campaign.js';
import { callTo, textTo, type Person } from '#core/campaigns/recipient-message.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { chooseSenders, insertMessages, queuedMessage, type NewMessage } from '#core/messages/index.js';
import { CAMPAIGN_PRIORITY } from '#core/purpose.js';
import type { Tables } from '#core/tables.js';

export type HandingCore = Pick<Core, 'clock' | 'speech' | 'settings'>;

/** Longer than this a campaign's text does not wait for its sender's turn, unless it was asked to. */
const VALIDITY_SECONDS = 86_400;

/**
 * Makes the calls or texts of this try and marks the recipients active, in one transaction. Gives the positions of those
 * for whom none could be made.
 */
export async function handOut(
  core: HandingCore,
  tx: Transaction<Tables>,
  campaign: CampaignRow,
  people: readonly Person[],
): Promise<{ position: number; reason: string }[]> {
  if (people.length === 0) return [];
  const senderOf = await chooseSenders(tx, {
    accountId: campaign.account_id,
    mode: campaign.mode,
    senders: campaign.senders,
    recipients: campaign.channel === 'sms' ? people.map(({ phone }) => phone) : [],
  });
  const made = people.map((person) => attempt(() => rowFor(core, campaign, person, senderOf)));
  const rows = made.flatMap((row, index) => ('id' in row ? [{ row, person: people[index]! }] : []));
  if (campaign.channel === 'voice') {
    await insertCalls(
      tx,
      rows.map(({ row }) => row as ReturnType<typeof callTo>),
    );
  } else {
    await insertMessages(
      tx,
      rows.map(({ row }) => row as NewMessage),
    );
  }
  await markActive(
    tx,
    campaign.id,
    rows.map(({ row, person }) => ({ id: row.id, position: person.position })),
  );
  return made.flatMap((row, index) => ('id' in row ? [] : [{ position: people[index]!.position, reason: row.reason }]));
}

function rowFor(
  core: HandingCore,
  campaign: CampaignRow,
  person: Person,
  senderOf: (phone: string) => string,
): ReturnType<typeof callTo> | NewMessage {
  if (campaign.channel === 'voice') return callTo(core, campaign, person);
  const at = new Date(core.clock.now());
  const { validitySeconds = VALIDITY_SECONDS } = campaign.content;
  const expiresAt = new Date(person.dueAt.getTime() + validitySeconds * 1000);
  return queuedMessage({
    ...textTo(campaign.content, person.phone, person.variables),
    accountId: campaign.account_id,
    mode: campaign.mode,
    purpose: campaign.purpose,
    priority: CAMPAIGN_PRIORITY,
    from: senderOf(person.phone),
    to: person.phone,
    metadata: person.metadata ?? campaign.metadata ?? undefined,
    webhookUrl: campaign.webhook_url ?? undefined,
    dialect: campaign.dialect,
    campaign: { id: campaign.id, recipient: person.position, try: person.try },
    at,
    expiresAt: campaign.ends_at !== null && campaign.ends_at < expiresAt ? campaign.ends_at : expiresAt,
  });
}

function attempt<Row>(make: () => Row): Row | { reason: string } {
  try {
    return make();
  } catch (error) {
    if (error instanceof CoreError) return { reason: error.message };
    throw error;
  }
}

async function markActive(
  tx: Transaction<Tables>,
  campaignId: string,
  handed: readonly { id: string; position: number }[],
): Promise<void> {
  if (handed.length === 0) return;
  await sql`
    update campaign_recipients r
    set status = 'active', tries = r.tries + 1, last_id = handed.id, due_at = null, outcome = null, reason = null
    from unnest(${handed.map(({ position }) => position)}::integer[], ${handed.map(({ id }) => id)}::text[])
      as handed (position, id)
    where r.campaign_id = ${campaignId} and r.position = handed.position`.execute(tx);
}
