import { sql, type Transaction } from 'kysely';
import { expectAttachments, keptMedia } from '#core/attachments/index.js';
import type { Core } from '#core/core.js';
import { NO_DIALECT } from '#core/events.js';
import { newId } from '#core/ids.js';
import { answerWords } from '#core/messages/answer-words.js';
import type { WholeText } from '#core/messages/incoming-parts.js';
import { lastOutreach } from '#core/messages/last-outreach.js';
import { noteTexts } from '#core/messages/note-conversations.js';
import { showsFiles, targetsOf, tellReceived } from '#core/messages/tell-received.js';
import type { TextedAccount } from '#core/messages/texted-account.js';
import { encodeText } from '#core/segments/index.js';
import type { Hears } from '#core/webhooks/index.js';
import type { Tables } from '#core/tables.js';

export type ReceivingCore = Pick<Core, 'db' | 'clock' | 'secrets' | 'dialects'>;

/**
 * Writes down a text from outside, tells the account's endpoints and the webhook of what it answers (those that show
 * pictures once these are here, see `AttachmentFetcher`), and does what its words mean, in one transaction.
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
      carrier_id: text.carrierId,
      attachments: media.length,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const isWhole = media.length === 0;
  // Whoever is told of a picture can fetch it.
  const atOnce: Hears = (dialect) => isWhole || !showsFiles(core)(dialect);
  await tellReceived(tx, row, { answered, attachments: [], hears: atOnce }, at);
  await expectAttachments(tx, { accountId, mode, messageId: row.id, media, at });
  const [targets, metadata] = [targetsOf(answered), answered?.metadata ?? null];
  await answerWords(core, tx, { row, account, targets, metadata }, at);
  await noteTexts(tx, [row]);
}
