import { sql, type Transaction } from 'kysely';
import type { CampaignRow } from '#core/campaigns/campaign.js';
import { recipientProblem, type NewRecipient, type RowProblem } from '#core/campaigns/check-recipients.js';
import { firstDue, insertRecipients } from '#core/campaigns/recipient-rows.js';
import { fieldsOf } from '#core/campaigns/recipient-message.js';
import type { Tables } from '#core/tables.js';

/** Members of a list in one transaction. */
export const LIST_PAGE = 5000;

interface Member {
  id: string;
  phone: string;
  name: string | null;
  first_name: string | null;
  last_name: string | null;
  company: string | null;
  email: string | null;
  city: string | null;
  fields: Record<string, unknown>;
  time_zone: string | null;
}

/** The next members of a list, after a contact's id. */
export async function listMembers(
  tx: Transaction<Tables>,
  listId: string,
  after: string,
  most = LIST_PAGE,
): Promise<Member[]> {
  const { rows } = await sql<Member>`
    select c.id, c.phone, c.name, c.first_name, c.last_name, c.company, c.email, c.city, c.fields, c.time_zone
    from contact_list_members m join contacts c on c.id = m.contact_id
    where m.list_id = ${listId} and m.contact_id > ${after}
    order by m.contact_id limit ${most}`.execute(tx);
  return rows;
}

/** A contact as a recipient: what is known of them fills the message's fields. */
export function recipientOf(member: Member): NewRecipient & { contactId: string } {
  const { first_name, last_name, name, company, email, city, phone } = member;
  const known = Object.entries({ first_name, last_name, name, company, email, city, phone, ...member.fields });
  const variables = known.flatMap(([field, value]) =>
    typeof value === 'string' || typeof value === 'number' ? [[field, String(value)] as const] : [],
  );
  return {
    phone,
    contactId: member.id,
    variables: Object.fromEntries(variables),
    ...(member.time_zone === null ? {} : { timeZone: member.time_zone }),
  };
}

/** Writes the next page of a list's members as recipients; the last page ends the loading. */
export async function loadFromList(
  tx: Transaction<Tables>,
  campaign: CampaignRow,
  listId: string,
  at: Date,
): Promise<void> {
  const page = await listMembers(tx, listId, campaign.loaded_to ?? '');
  const fields = fieldsOf(campaign.content);
  const used = new Set(fields.map((field) => field.toLowerCase()));
  const startsAt = campaign.starts_at !== null && campaign.starts_at > at ? campaign.starts_at : at;
  const content = { ...campaign.content, channel: campaign.channel };
  const recipients = page.map(recipientOf).map((recipient) => ({
    ...recipient,
    // What the message does not use is not kept twice.
    variables: Object.fromEntries(
      Object.entries(recipient.variables ?? {}).filter(([name]) => used.has(name.toLowerCase())),
    ),
    dueAt: firstDue(campaign.calling_hours, recipient, startsAt) ?? startsAt,
    problem: recipientProblem(content, recipient, fields),
  }));
  const added = await insertRecipients(tx, campaign.id, recipients, campaign.recipients);
  await markInvalid(
    tx,
    campaign.id,
    recipients.filter(({ problem }) => problem !== undefined),
    at,
  );
  const more = page.length === LIST_PAGE;
  await tx
    .updateTable('campaigns')
    .set({
      recipients: campaign.recipients + added,
      loaded_to: page.at(-1)?.id ?? campaign.loaded_to,
      loading: more,
      next_at: more || campaign.status !== 'draft' ? at : null,
    })
    .where('id', '=', campaign.id)
    .execute();
}

async function markInvalid(
  tx: Transaction<Tables>,
  campaignId: string,
  recipients: readonly { phone: string; problem: RowProblem | undefined }[],
  at: Date,
): Promise<void> {
  if (recipients.length === 0) return;
  await sql`
    update campaign_recipients r
    set status = 'skipped', outcome = 'invalid', reason = bad.problem, due_at = null, ended_at = ${at}
    from unnest(${recipients.map(({ phone }) => phone)}::text[],
      ${recipients.map(({ problem }) => problem?.message ?? '')}::text[]) as bad (phone, problem)
    where r.campaign_id = ${campaignId} and r.phone = bad.phone`.execute(tx);
}
