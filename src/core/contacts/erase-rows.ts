import { sql, type Transaction } from 'kysely';
import { removeAttachments } from '#core/attachments/index.js';
import type { ContactOwner } from '#core/contacts/contact.js';
import type { Core } from '#core/core.js';
import type { Tables } from '#core/tables.js';

/** In place of a number that was erased. */
export const ERASED = 'erased';

/** Of what was said, the voice alone stays; those who keep a copy see the change. Scripts of other kinds say nothing of who is called. */
export async function eraseCalls(
  tx: Transaction<Tables>,
  { accountId, mode }: ContactOwner,
  number: string,
  at: Date,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with gone as (
      update calls set to_number = case direction when 'out' then ${ERASED} else to_number end,
        from_number = case direction when 'in' then ${ERASED} else from_number end, metadata = null, digits = '', acted_digit = null, webhook_url = null,
        dialed_number = null, caller_name = null, caller_identity = null, redirects_waiting = '{}', redirects_seen = '{}',
        updated_at = ${at},
        script = case when coalesce(script->>'kind', 'message') = 'message'
          then jsonb_build_object('kind', 'message', 'voice', script->'voice', 'keys', '{}'::jsonb) else script end
      where account_id = ${accountId} and mode = ${mode}
        and ((to_number = ${number} and direction = 'out') or (from_number = ${number} and direction = 'in'))
      returning id),
    tries as (update call_attempts set target = ${ERASED} where call_id in (select id from gone)),
    steps as (delete from call_steps where call_id in (select id from gone))
    select id from gone`.execute(tx);
  return rows.map(({ id }) => id);
}

/** Those who keep a copy of texts are told to forget them. */
export async function eraseTexts(
  tx: Transaction<Tables>,
  core: Pick<Core, 'uploads'>,
  { accountId, mode }: ContactOwner,
  number: string,
  at: Date,
): Promise<string[]> {
  const { rows } = await sql<{ id: string; attachments: number }>`
    update messages set text = null, metadata = null, webhook_url = null, carrier_detail = null,
      removed_at = ${at},
      to_address = case to_address when ${number} then ${ERASED} else to_address end,
      from_address = case from_address when ${number} then ${ERASED} else from_address end
    where account_id = ${accountId} and mode = ${mode} and (to_address = ${number} or from_address = ${number})
    returning id, attachments`.execute(tx);
  await removeAttachments(tx, core, rows);
  await tx
    .deleteFrom('incoming_parts')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('from_address', '=', number)
    .execute();
  await sql`
    insert into tombstones (account_id, mode, kind, id, deleted_at)
    select ${accountId}, ${mode}, 'message', id, ${at} from unnest(${rows.map(({ id }) => id)}::text[]) as gone (id)
    on conflict do nothing`.execute(tx);
  return rows.map(({ id }) => id);
}

/** Last of all that is locked but a wallet. */
export async function eraseConversations(
  tx: Transaction<Tables>,
  { accountId, mode }: ContactOwner,
  number: string,
): Promise<void> {
  await tx
    .deleteFrom('conversations')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('their_number', '=', number)
    .execute();
}

/** Whoever waits is not reached any more. A number stands once in a campaign, and so does its place. */
export async function eraseRecipients(
  tx: Transaction<Tables>,
  { accountId, mode }: ContactOwner,
  number: string,
  at: Date,
): Promise<number> {
  const { numAffectedRows } = await sql`
    update campaign_recipients r set phone = ${ERASED} || '-' || r.position, variables = '{}', contact_id = null,
      consent = null, metadata = null, time_zone = null, due_at = null,
      status = case when r.status = 'waiting' then case r.tries when 0 then 'skipped' else 'done' end else r.status end,
      -- Who was tried before keeps what became of that.
      outcome = case when r.status = 'waiting' and r.tries = 0 then ${ERASED} else r.outcome end,
      reason = case r.status when 'waiting' then ${ERASED} else r.reason end,
      ended_at = coalesce(r.ended_at, ${at})
    from campaigns c
    where c.account_id = ${accountId} and c.mode = ${mode} and r.campaign_id = c.id and r.phone = ${number}`.execute(
    tx,
  );
  return Number(numAffectedRows ?? 0n);
}

export async function eraseVerifications(
  tx: Transaction<Tables>,
  { accountId, mode }: ContactOwner,
  number: string,
): Promise<string[]> {
  const gone = await tx
    .updateTable('verifications')
    .set({ to_number: ERASED })
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('to_number', '=', number)
    .where('ended_at', 'is not', null)
    .returning('id')
    .execute();
  return gone.map(({ id }) => id);
}

/** Their calls are let in again. */
export async function eraseBlocked(
  tx: Transaction<Tables>,
  { accountId, mode }: ContactOwner,
  number: string,
): Promise<void> {
  await tx
    .deleteFrom('blocked_numbers')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('number', '=', number)
    .execute();
}
