import type { Transaction } from 'kysely';
import { newId } from '#core/ids.js';
import type { Mode, Tables } from '#core/tables.js';

/** What is to be told somebody by e-mail, in plain text. */
export interface NewEmail {
  accountId: string;
  /** In whose name it is. Default: the platform's own. */
  siteId?: string | undefined;
  /** The id of what it tells of: when that is deleted, so is this. */
  about?: string | undefined;
  to: string;
  subject: string;
  body: string;
  /** Of the folder of recordings; `name` as the reader sees it. */
  attachment?: { file: string; name: string } | undefined;
  /** Default: live. One of test mode is handed to nobody, and ends as sent. */
  mode?: Mode | undefined;
  /** Where its reader gets no more of them, by a click or by their mail program (RFC 8058). */
  unsubscribeUrl?: string | undefined;
  /** Whom an answer goes to. */
  replyTo?: string | undefined;
}

/** Of a subject (RFC 5322 section 2.1.1: a line has 998 at most; readers show some 80). */
const SUBJECT_CHARACTERS = 150;

/** Puts it on its way in the transaction that makes it true. Wake `emails` after the commit. */
export async function queueEmail(tx: Transaction<Tables>, email: NewEmail, at: Date): Promise<string> {
  const id = newId('eml', at.getTime());
  await tx
    .insertInto('emails')
    .values({
      id,
      account_id: email.accountId,
      site_id: email.siteId ?? null,
      about: email.about ?? null,
      to_address: email.to,
      // One line: what follows a line break would be a header of its own.
      subject: email.subject.replace(/\s+/g, ' ').trim().slice(0, SUBJECT_CHARACTERS),
      body: email.body,
      attachment_file: email.attachment?.file ?? null,
      attachment_name: email.attachment?.name ?? null,
      status: 'pending',
      next_at: at,
      created_at: at,
      mode: email.mode ?? 'live',
      unsubscribe_url: email.unsubscribeUrl ?? null,
      reply_to: email.replyTo ?? null,
    })
    .execute();
  return id;
}
