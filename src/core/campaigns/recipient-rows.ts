import { sql, type Transaction } from 'kysely';
import { isOpen, nextOpening, zonesOf, type CallingHours } from '#core/calling-hours/index.js';
import type { NewRecipient } from '#core/campaigns/check-recipients.js';
import type { Tables } from '#core/tables.js';

/** Every zone that somebody may be in: theirs, where it is known. */
export function zonesFor(phone: string, timeZone: string | null | undefined): readonly string[] {
  return typeof timeZone === 'string' ? [timeZone] : zonesOf(phone);
}

/** When the hours allow somebody to be tried from `at` on; undefined: never. */
export function firstDue(
  hours: CallingHours | null | undefined,
  { phone, timeZone }: { phone: string; timeZone?: string | null | undefined },
  at: Date,
): Date | undefined {
  if (hours === null || hours === undefined) return at;
  const zones = zonesFor(phone, timeZone);
  return isOpen(hours, zones, at) ? at : nextOpening(hours, zones, at);
}

/** Rows in one statement. */
const BATCH = 2000;

/** Writes recipients that wait, one number once; positions go on from `after`. Gives how many there are new. */
export async function insertRecipients(
  tx: Transaction<Tables>,
  campaignId: string,
  recipients: readonly (NewRecipient & { contactId?: string | undefined; dueAt: Date })[],
  after: number,
): Promise<number> {
  let position = after;
  for (let start = 0; start < recipients.length; start += BATCH) {
    const rows = recipients.slice(start, start + BATCH).map((recipient) => ({
      position: ++position,
      phone: recipient.phone,
      contact_id: recipient.contactId ?? null,
      variables: recipient.variables ?? {},
      time_zone: recipient.timeZone ?? null,
      consent: recipient.consent ?? null,
      metadata: recipient.metadata ?? null,
      due_at: recipient.dueAt,
    }));
    await sql`
      insert into campaign_recipients (campaign_id, position, phone, contact_id, variables, time_zone, consent, metadata,
        status, due_at)
      select ${campaignId}, r.position, r.phone, r.contact_id, r.variables, r.time_zone, r.consent, r.metadata,
        'waiting', r.due_at
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (position integer, phone text, contact_id text,
        variables jsonb, time_zone text, consent text, metadata jsonb, due_at timestamptz)
      on conflict do nothing`.execute(tx);
  }
  return position - after;
}
