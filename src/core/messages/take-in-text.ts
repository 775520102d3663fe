import { sql, type Transaction } from 'kysely';
import { expectAttachments, keptMedia } from '#core/attachments/index.js';
import type { Core } from '#core/core.js';
import { newId } from '#core/ids.js';
import { answerWords } from '#core/messages/answer-words.js';
import type { WholeText } from '#core/messages/incoming-parts.js';
import { lastOutreach } from '#core/messages/last-outreach.js';
import { noteTexts } from '#core/messages/note-conversations.js';
import { targetsOf, tellReceived } from '#core/messages/tell-received.js';
import type { TextedAccount } from '#core/messages/texted-account.js';
import { encodeText } from '#core/segments/index.js';
import type { Tables } from '#core/tables.js';

export type ReceivingCore = Pick<Core, 'db' | 'clock' | 'secrets'>;

/** The dialect of what no request asked for. */
export const NO_DIALECT = 'none';

/**
 * Writes down a text from outside, tells the account's endpoints and the webhook of what it answers (of pictures later,
 * see `AttachmentFetcher`), and does what its words mean, in one transaction.
 */
export async function takeInText(
  core: ReceivingCore,
  tx: Transaction<Tables>,
  text: WholeText & { carrierId: string; account: TextedAccount },
  at: Date,
): Promise<void> {
  const { account, from: person, to: number } = text;
  const { id: accountId, mode } = account;
  // The words of one person count one after the other.
  const lock = JSON.stringify(['texts of', accountId, mode, person]);
  await sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 0))`.execute(tx);
  const answered = await lastOutreach(tx, { accountId, mode, person, number, at });
  const media = keptMedia(text.media);
  const written = encodeText(text.text, { smart: false });
  const row = await tx
    .insertInto('messages')
    .values({
      id: newId('sms', at.getTime()),
      account_id: accountId,
      mode,
      direction: 'in',
      purpose: 'person',
      priority: 0,
      status: 'received',
      from_address: person,
      to_address: number,
      text: text.text,
      encoding: written.encoding,
      segments: Math.max(text.parts, written.segments),
      metadata: null,
      webhook_url: answered?.webhookUrl ?? null,
      dialect: answered?.dialect ?? NO_DIALECT,
      created_at: at,
      due_at: at,
      expires_at: at,
      sent_at: text.sentAt ?? null,
      carrier_id: text.carrierId,
      attachments: media.length,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  // Whoever is told of a picture can fetch it: then it is told once it is here.
  if (media.length === 0) await tellReceived(tx, row, { answered, attachments: [] }, at);
  else await expectAttachments(tx, { accountId, mode, messageId: row.id, media, at });
  const [targets, metadata] = [targetsOf(answered), answered?.metadata ?? null];
  await answerWords(core, tx, { row, account, targets, metadata }, at);
  await noteTexts(tx, [row]);
}
