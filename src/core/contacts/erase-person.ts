import { sql, type Transaction } from 'kysely';
import { recordAudit } from '#core/accounts/index.js';
import { readNumber } from '#core/address.js';
import {
  ERASED,
  eraseBlocked,
  eraseCalls,
  eraseConversations,
  eraseRecipients,
  eraseTexts,
  eraseVerifications,
} from '#core/contacts/erase-rows.js';
import { explainNumber } from '#core/contacts/contact-fields.js';
import type { ContactOwner } from '#core/contacts/contact.js';
import { findContact } from '#core/contacts/find-contact.js';
import { homeCountry } from '#core/contacts/home-country.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { forgetReplies } from '#core/forget-replies.js';
import { inTransaction } from '#core/in-transaction.js';
import { forgetAddress } from '#core/suppression/index.js';
import type { Tables } from '#core/tables.js';
import { eraseMessagesOf } from '#core/voicemail/index.js';
import { forgetEvents } from '#core/webhooks/index.js';

export interface ErasePerson extends ContactOwner {
  /** Of the contact. */
  id?: string | undefined;
  /** In place of it, also of somebody who is no contact; as people write it. */
  phone?: string | undefined;
  actor: string;
}

/** How much was erased. */
export interface Erased {
  contacts: number;
  calls: number;
  texts: number;
  recordings: number;
  voiceMessages: number;
  recipients: number;
  verifications: number;
  events: number;
  /** That were handed in, or held rows that were refused. */
  files: number;
  /** Entries of the opt-out ledger, which go on by a keyed hash. */
  optOuts: number;
}

/**
 * Erases a person everywhere (rule 21): the contact, what was said and written to them and by them, their number, their
 * recordings, the bodies of events and webhooks, kept replies. What stays of a call or a text is that there was one,
 * when, and what it cost; what stays of an event is id, type and time. An opt-out goes on by a keyed hash (rule 3).
 * @throws CoreError `contact.not_found`, `contact.bad_input`, `contact.in_use` while a call or text is on its way
 */
export async function erasePerson(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'recordings' | 'uploads'>,
  input: ErasePerson,
): Promise<Erased> {
  const { accountId, mode, actor } = input;
  const owner = { accountId, mode };
  const number =
    input.id === undefined ? await givenNumber(core, input) : (await findContact(core, owner, input.id)).phone;
  const files = await eraseRecordings(core, owner, number);
  const voiceMessages = await eraseMessagesOf(core, owner, number);
  const erased = await inTransaction(core.db, async (tx) => {
    await holdWaiting(tx, owner, number);
    await refuseInUse(tx, owner, number);
    const at = new Date(core.clock.now());
    const contact = await tx
      .deleteFrom('contacts')
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .where('phone', '=', number)
      .returning(['id'])
      .executeTakeFirst();
    if (contact !== undefined) {
      await tx
        .insertInto('contact_tombstones')
        .values({ id: contact.id, account_id: accountId, mode, external_id: null, deleted_at: at })
        .execute();
    }
    const calls = await eraseCalls(tx, owner, number, at);
    const texts = await eraseTexts(tx, core, owner, number, at);
    const recipients = await eraseRecipients(tx, owner, number, at);
    const verifications = await eraseVerifications(tx, owner, number);
    const optOutIds = await tx
      .selectFrom('suppressions')
      .select('id')
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .where('address', '=', number)
      .execute();
    const subjects = [...calls, ...texts, ...verifications, ...optOutIds.map(({ id }) => id), contact?.id ?? []].flat();
    const events = await forgetEvents(tx, owner, subjects);
    await forgetReplies(tx, owner, [number, ...(contact === undefined ? [] : [contact.id])]);
    const optOuts = await forgetAddress(tx, core.secrets, { ...owner, address: number });
    await eraseConversations(tx, owner, number);
    await eraseBlocked(tx, owner, number);
    const done = {
      contacts: contact === undefined ? 0 : 1,
      ...{ calls: calls.length, texts: texts.length, verifications: verifications.length },
      ...{ recipients, events, optOuts, recordings: files, voiceMessages },
    };
    // Without the number: the log outlives the person.
    const subject = contact?.id ?? ERASED;
    await recordAudit(tx, { accountId, actor, action: 'person.erase', subject, details: { mode, ...done }, at });
    return done;
  });
  return { ...erased, files: await eraseFiles(core, owner) };
}

async function givenNumber(core: Pick<Core, 'db'>, { phone = '', ...owner }: ErasePerson): Promise<string> {
  const home = await homeCountry(core.db, owner);
  const number = readNumber(phone, home);
  if (number === undefined) throw new CoreError('contact.bad_input', explainNumber(phone, home), { field: 'phone' });
  return number;
}

/**
 * From here on no campaign hands the person to dialling or sending; whoever is doing that now has done so when this
 * returns, and then their call or text is seen.
 */
async function holdWaiting(tx: Transaction<Tables>, { accountId, mode }: ContactOwner, number: string): Promise<void> {
  await sql`
    select from campaign_recipients r join campaigns c on c.id = r.campaign_id
    where r.phone = ${number} and r.status in ('waiting', 'active') and c.account_id = ${accountId} and c.mode = ${mode}
    order by r.campaign_id, r.position for update of r`.execute(tx);
}

/** Whatever is on its way would write of the person again. */
async function refuseInUse(tx: Transaction<Tables>, { accountId, mode }: ContactOwner, number: string): Promise<void> {
  const { rows } = await sql<{ what: string }>`
    select 'call' as what from calls
    where account_id = ${accountId} and mode = ${mode} and ended_at is null
      and (to_number = ${number} and direction = 'out' or from_number = ${number} and direction = 'in')
    union all
    select 'text' from messages
    where account_id = ${accountId} and mode = ${mode} and to_address = ${number} and status in ('queued', 'sending')
    limit 1`.execute(tx);
  const what = rows[0]?.what;
  if (what === undefined) return;
  throw new CoreError(
    'contact.in_use',
    `A ${what} to or from this person waits or is on its way: cancel it, or wait for its end.`,
  );
}

/** The files first: a row without its file is erased anew, a file without its row would stay for ever. */
async function eraseRecordings(
  core: Pick<Core, 'db' | 'clock' | 'recordings'>,
  { accountId, mode }: ContactOwner,
  number: string,
): Promise<number> {
  const found = await core.db
    .selectFrom('recordings')
    .innerJoin('calls', 'calls.id', 'recordings.call_id')
    .select(['recordings.id', 'recordings.file'])
    .where('calls.account_id', '=', accountId)
    .where('calls.mode', '=', mode)
    .where((row) =>
      row.or([
        row.and([row('calls.direction', '=', 'out'), row('calls.to_number', '=', number)]),
        row.and([row('calls.direction', '=', 'in'), row('calls.from_number', '=', number)]),
      ]),
    )
    .where('recordings.deleted_at', 'is', null)
    .execute();
  for (const { id, file } of found) {
    await core.recordings.remove(file);
    const deleted_at = new Date(core.clock.now());
    await core.db.updateTable('recordings').set({ deleted_at }).where('id', '=', id).execute();
  }
  return found.length;
}

/** Files that were read already, and those of refused rows, may hold the person; others go within a day by themselves. */
async function eraseFiles(core: Pick<Core, 'db' | 'uploads'>, { accountId, mode }: ContactOwner): Promise<number> {
  const read = await core.db
    .selectFrom('uploads')
    .select(['id', 'file'])
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('id', 'in', (query) => query.selectFrom('imports').select('upload_id').where('ended_at', 'is not', null))
    .where('id', 'not in', (query) => query.selectFrom('imports').select('upload_id').where('ended_at', 'is', null))
    .execute();
  for (const { id, file } of read) {
    await core.uploads.remove(file);
    await core.db.deleteFrom('uploads').where('id', '=', id).execute();
  }
  const refused = await core.db
    .selectFrom('imports')
    .select(['id', 'refused_file'])
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('refused_file', 'is not', null)
    .execute();
  for (const { id, refused_file: file } of refused) {
    if (file !== null) await core.uploads.remove(file);
    await core.db.updateTable('imports').set({ refused_file: null }).where('id', '=', id).execute();
  }
  return read.length + refused.length;
}
