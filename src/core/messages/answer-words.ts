import { randomInt } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import { readOutreachPolicy, type OutreachPolicy } from '#core/accounts/index.js';
import { isE164 } from '#core/address.js';
import type { Core } from '#core/core.js';
import type { EventType } from '#core/events.js';
import { newId } from '#core/ids.js';
import type { MessageRow } from '#core/messages/message.js';
import type { TextedAccount } from '#core/messages/texted-account.js';
import { noteTexts } from '#core/messages/note-conversations.js';
import { meaningOf } from '#core/messages/words.js';
import { DIAL_PRIORITY } from '#core/purpose.js';
import { encodeText, tablesFor } from '#core/segments/index.js';
import { isSuppressed, liftSuppression, suppress, type Suppression } from '#core/suppression/index.js';
import type { Tables } from '#core/tables.js';
import { publishEvent, type DeliveryTarget } from '#core/webhooks/index.js';

/** A text that was written down, and who is told of what its words do. */
export interface HeardText {
  row: MessageRow;
  account: TextedAccount;
  targets: readonly DeliveryTarget[];
  /** Of what it answers. */
  metadata: Record<string, unknown> | null;
}

type WordCore = Pick<Core, 'secrets'>;
type Answer = 'opt_out' | 'opt_in' | 'help';

const DAY_MS = 86_400_000;
/** An answer that comes later than this answers nothing. */
const ANSWER_WITHIN_MS = 3_600_000;
/** Those whose network answers the words itself, unless its settings say otherwise. */
const ANSWERING_KINDS = ['twilio', 'telnyx'];

/** Does what a text's words mean (rules 3 and 4), in the transaction that writes it down. */
export async function answerWords(core: WordCore, tx: Transaction<Tables>, heard: HeardText, at: Date): Promise<void> {
  const { row } = heard;
  // Only a phone can be called or texted back.
  if (!isE164(row.from_address)) return;
  switch (meaningOf(row.text ?? '')) {
    case 'stop':
      return optOut(core, tx, heard, at);
    case 'start':
      return optIn(core, tx, heard, at);
    case 'help':
      return help(core, tx, heard, at);
    case 'revoking':
      return holdForReview(core, tx, heard, at);
    case 'nothing':
      return;
  }
}

async function optOut(core: WordCore, tx: Transaction<Tables>, heard: HeardText, at: Date): Promise<void> {
  const entry = await suppress(tx, core.secrets, { ...personOf(heard), source: 'text', messageId: heard.row.id, at });
  if (entry === undefined) return;
  await tell(tx, 'contact.opted_out', heard, entry, at);
  await answer(core, tx, heard, 'opt_out', at);
}

async function optIn(core: WordCore, tx: Transaction<Tables>, heard: HeardText, at: Date): Promise<void> {
  const lift = { ...personOf(heard), by: 'person', reason: `a text: ${heard.row.id}`, at } as const;
  const [entry] = await liftSuppression(tx, core.secrets, lift);
  if (entry === undefined) return;
  await tell(tx, 'contact.opted_in', heard, entry, at);
  // What was said in a call, or by the owner, still stands: nothing must be promised then.
  const texts = { ...personOf(heard), purpose: 'transactional', channel: 'sms' } as const;
  if (!(await isSuppressed(tx, core.secrets, texts))) await answer(core, tx, heard, 'opt_in', at);
}

async function help(core: WordCore, tx: Transaction<Tables>, heard: HeardText, at: Date): Promise<void> {
  const { accountId, mode, address } = personOf(heard);
  const answered = await tx
    .selectFrom('messages')
    .select('id')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('to_address', '=', address)
    .where('confirmation', '=', true)
    .where('created_at', '>', new Date(at.getTime() - DAY_MS))
    .where(sql<boolean>`metadata ->> 'answers' = 'help'`)
    .limit(1)
    .executeTakeFirst();
  if (answered === undefined) await answer(core, tx, heard, 'help', at);
}

/** Marketing stops until somebody has looked at it. */
async function holdForReview(core: WordCore, tx: Transaction<Tables>, heard: HeardText, at: Date): Promise<void> {
  const person = personOf(heard);
  const [voice, sms] = [
    await isSuppressed(tx, core.secrets, { ...person, purpose: 'marketing', channel: 'voice' }),
    await isSuppressed(tx, core.secrets, { ...person, purpose: 'marketing', channel: 'sms' }),
  ];
  if (voice && sms) return;
  const entry = await suppress(tx, core.secrets, {
    ...person,
    source: 'free_text',
    scope: 'marketing',
    messageId: heard.row.id,
    reviewText: heard.row.text ?? '',
    at,
  });
  if (entry !== undefined) await tell(tx, 'contact.opted_out', heard, entry, at);
}

function personOf({ row, account }: HeardText) {
  return { accountId: account.id, mode: account.mode, address: row.from_address };
}

async function tell(
  tx: Transaction<Tables>,
  type: EventType,
  { row, account, targets, metadata }: HeardText,
  { source, scope, channel }: Suppression,
  at: Date,
): Promise<void> {
  const data = {
    address: row.from_address,
    from: row.to_address,
    source: type === 'contact.opted_in' ? 'text' : source,
    scope,
    channel,
    messageId: row.id,
    metadata,
  };
  await publishEvent(tx, { accountId: account.id, mode: account.mode, type, subject: row.id, data, at }, targets);
}

/** Queues the platform's own answer. None where the carrier gives one, or everything to the person is blocked. */
async function answer(
  core: WordCore,
  tx: Transaction<Tables>,
  heard: HeardText,
  what: Answer,
  at: Date,
): Promise<void> {
  const { row, account } = heard;
  if (await carrierAnswers(tx, row.carrier_id)) return;
  const blocked = { ...personOf(heard), purpose: 'verification', channel: 'sms' } as const;
  if (await isSuppressed(tx, core.secrets, blocked)) return;
  const template = TEXT[what](await readOutreachPolicy(tx, account.id));
  const written = encodeText(template.replaceAll('{NAME}', account.name), { tables: tablesFor(row.from_address) });
  const answer = await tx
    .insertInto('messages')
    .values({
      id: newId('sms', at.getTime()),
      account_id: account.id,
      mode: account.mode,
      direction: 'out',
      purpose: 'transactional',
      priority: DIAL_PRIORITY.person,
      status: 'queued',
      from_address: row.to_address,
      to_address: row.from_address,
      text: written.text,
      encoding: written.encoding,
      segments: written.segments,
      reference: randomInt(256),
      confirmation: true,
      metadata: JSON.stringify({ answers: what }),
      webhook_url: null,
      dialect: row.dialect,
      created_at: at,
      due_at: at,
      expires_at: new Date(at.getTime() + ANSWER_WITHIN_MS),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await noteTexts(tx, [answer]);
}

const TEXT: Record<Answer, (policy: OutreachPolicy) => string> = {
  opt_out: ({ optOutText }) => optOutText,
  opt_in: ({ optInText }) => optInText,
  help: ({ helpText }) => helpText,
};

async function carrierAnswers(tx: Transaction<Tables>, carrierId: string | null): Promise<boolean> {
  const carrier = await tx
    .selectFrom('carriers')
    .select(['kind', 'settings'])
    .where('id', '=', carrierId)
    .executeTakeFirst();
  if (carrier === undefined) return false;
  const own = carrier.settings['ownOptOutReplies'];
  return typeof own === 'boolean' ? own : ANSWERING_KINDS.includes(carrier.kind);
}
