import type { Transaction } from 'kysely';
import { checkPlan, bad, type CampaignPlan } from '#core/campaigns/check-campaign.js';
import { CAMPAIGN_LIMITS, toCampaign, type Campaign } from '#core/campaigns/campaign.js';
import { checkSenders, checkSpeaker } from '#core/campaigns/check-senders.js';
import { sortRecipients, wrong, type NewRecipient, type RecipientError } from '#core/campaigns/check-recipients.js';
import { firstDue, insertRecipients } from '#core/campaigns/recipient-rows.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import type { CallingHours } from '#core/calling-hours/index.js';
import { startImport, type ImportOptions } from '#core/imports/index.js';
import type { Tables } from '#core/tables.js';

export interface NewCampaign extends CampaignPlan {
  /** Exactly one of the three. */
  contacts?: readonly NewRecipient[] | undefined;
  listId?: string | undefined;
  uploadId?: string | undefined;
  /** Of an upload: what its columns are. */
  columns?: ImportOptions['columns'];
  /** What the contacts are called in refusals. Default: `contacts`. */
  contactsField?: string | undefined;
  /** Default: yes. Otherwise it waits as a draft until it is started. */
  start?: boolean | undefined;
}

export interface CreatedCampaign {
  campaign: Campaign;
  /** Rows that were not taken. */
  errors: RecipientError[];
  /** Numbers of this campaign that another one has yet to reach, the first of them; each is tried by one at a time. */
  overlaps: Overlaps;
  /** What speaks against it and does not stop it. */
  warnings: string[];
}

export interface Overlaps {
  count: number;
  first: { phone: string; campaignId: string }[];
}

const OVERLAPS_SHOWN = 100;

export type CreatingCore = Pick<Core, 'db' | 'clock' | 'speech' | 'settings' | 'wake' | 'disk'>;

/**
 * Makes a campaign with its recipients, or with where they come from. A bad row stops no other; all bad is refused.
 * @throws CoreError `campaign.*`, `call.bad_input`, `upload.not_found`, `import.*`
 */
export async function createCampaign(core: CreatingCore, input: NewCampaign): Promise<CreatedCampaign> {
  core.disk.requireRoom();
  const checked = checkPlan(core, input);
  checkSource(input);
  const at = new Date(core.clock.now());
  const startsAt = input.startAt !== undefined && input.startAt > at ? input.startAt : at;
  const rows = recipientsOf(input, checked.hours, startsAt);
  const id = newId('cmp', at.getTime());
  const created = await inTransaction(core.db, async (tx) => {
    await checkSenders(tx, input);
    const warnings = await checkSpeaker(tx, input);
    if (input.listId !== undefined) await checkList(tx, input, input.listId);
    const start = input.start ?? true;
    const loading = input.contacts === undefined;
    await tx
      .insertInto('campaigns')
      .values({
        id,
        account_id: input.accountId,
        mode: input.mode,
        name: input.name.trim(),
        channel: input.channel,
        purpose: input.purpose,
        status: start ? 'scheduled' : 'draft',
        senders: [...input.senders],
        content: JSON.stringify(input.content),
        calling_hours: checked.hours === undefined ? null : JSON.stringify(checked.hours),
        time_zone: input.timeZone ?? null,
        retry: JSON.stringify(checked.retry),
        calls_per_second: input.callsPerSecond ?? null,
        max_concurrent: input.maxConcurrent ?? null,
        webhook_url: input.webhookUrl ?? null,
        dialect: input.dialect,
        metadata: input.metadata === undefined ? null : JSON.stringify(input.metadata),
        starts_at: input.startAt ?? null,
        ends_at: input.endAt ?? null,
        loading,
        list_id: input.listId ?? null,
        // The feeder reads a list, and sees to what becomes of the reading of a file.
        next_at: loading ? at : start ? startsAt : null,
        created_at: at,
      })
      .execute();
    const total = await insertRecipients(tx, id, rows.good, 0);
    const change =
      input.uploadId === undefined
        ? { recipients: total }
        : { import_id: await startReading({ ...core, db: tx }, input, input.uploadId, id) };
    const row = await tx
      .updateTable('campaigns')
      .set(change)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
    return { campaign: toCampaign(row), warnings, overlaps: await findOverlaps(tx, row.id, rows.good) };
  });
  core.wake.campaigns();
  return { ...created, errors: rows.errors };
}

function checkSource({ contacts, contactsField = 'contacts', listId, uploadId }: NewCampaign): void {
  const given = [contacts, listId, uploadId].filter((source) => source !== undefined);
  if (given.length !== 1)
    throw bad(contactsField, 'Give the recipients in exactly one way: contacts, a list, or an upload.');
  if (contacts === undefined) return;
  if (contacts.length === 0) throw bad(contactsField, 'There is nobody in it.');
  if (contacts.length > CAMPAIGN_LIMITS.contacts) {
    throw bad(contactsField, `More than ${CAMPAIGN_LIMITS.contacts} recipients: load them with an upload.`);
  }
}

/** Those who can be taken, with their first time; whom the hours never allow is an error of theirs. */
export function recipientsOf(
  {
    contacts = [],
    contactsField = 'contacts',
    content,
    channel,
    endAt,
  }: Pick<NewCampaign, 'contacts' | 'contactsField' | 'content' | 'channel' | 'endAt'>,
  hours: CallingHours | undefined,
  startsAt: Date,
): { good: (NewRecipient & { dueAt: Date })[]; errors: RecipientError[] } {
  const { recipients, errors } = sortRecipients({ ...content, channel }, contacts);
  const indexOf = new Map(contacts.map((row, index) => [row, index]));
  const good = recipients.flatMap((recipient) => {
    const dueAt = firstDue(hours, recipient, startsAt);
    if (dueAt !== undefined && (endAt === undefined || dueAt < endAt)) return [{ ...recipient, dueAt }];
    const index = indexOf.get(recipient) ?? 0;
    const error = wrong('phone', 'The calling hours never open for this number in time.');
    errors.push({ index, phone: recipient.phone, error });
    return [];
  });
  errors.sort((a, b) => a.index - b.index);
  const [first] = errors;
  if (contacts.length > 0 && good.length === 0 && first !== undefined) {
    throw bad(`${contactsField}.${first.index}`, `None of the rows can be taken. The first: ${first.error.message}`);
  }
  return { good, errors };
}

async function checkList(tx: Transaction<Tables>, { accountId, mode }: CampaignPlan, listId: string): Promise<void> {
  const list = await tx
    .selectFrom('contact_lists')
    .select('id')
    .where('id', '=', listId)
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .executeTakeFirst();
  if (list === undefined) throw new CoreError('campaign.no_list', `There is no list ${listId}.`, { field: 'listId' });
  const member = await tx
    .selectFrom('contact_list_members')
    .select('contact_id')
    .where('list_id', '=', listId)
    .limit(1)
    .executeTakeFirst();
  if (member === undefined) throw bad('listId', 'There is nobody in the list.');
}

async function startReading(core: CreatingCore, input: NewCampaign, uploadId: string, id: string): Promise<string> {
  const { accountId, mode, columns } = input;
  const options = columns === undefined ? {} : { columns };
  const job = await startImport(core, { accountId, mode, kind: 'recipients', uploadId, targetId: id, options });
  return job.id;
}

/** Numbers of this campaign that other campaigns of the account have yet to reach. */
async function findOverlaps(
  tx: Transaction<Tables>,
  campaignId: string,
  recipients: readonly NewRecipient[],
): Promise<Overlaps> {
  if (recipients.length === 0) return { count: 0, first: [] };
  const rows = await tx
    .selectFrom('campaign_recipients as r')
    .innerJoin('campaigns as other', 'other.id', 'r.campaign_id')
    .innerJoin('campaigns as own', (join) =>
      join.onRef('own.account_id', '=', 'other.account_id').onRef('own.mode', '=', 'other.mode'),
    )
    .select(['r.phone', 'r.campaign_id as campaignId'])
    .where('own.id', '=', campaignId)
    .where('other.id', '<>', campaignId)
    .where('other.status', 'in', ['scheduled', 'running', 'paused'])
    .where('r.status', 'in', ['waiting', 'active'])
    .where(
      'r.phone',
      'in',
      recipients.map(({ phone }) => phone),
    )
    .orderBy('r.phone')
    .execute();
  return { count: new Set(rows.map(({ phone }) => phone)).size, first: rows.slice(0, OVERLAPS_SHOWN) };
}
