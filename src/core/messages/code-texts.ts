import type { Transaction } from 'kysely';
import { deliverVerification, recordVerificationEvent } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import type { MessageRow } from '#core/messages/message.js';
import type { Tables } from '#core/tables.js';

/** One-time codes that are sent as texts. Their rows have no words: those are made at sending, of the sealed code. */

function english(code: string): string {
  return `Your code is ${code}.`;
}

/** By the primary subtag of BCP 47. */
const WORDS: Readonly<Record<string, (code: string) => string>> = {
  en: english,
  es: (code) => `Su código es ${code}.`,
  fr: (code) => `Votre code est ${code}.`,
  de: (code) => `Ihr Code lautet ${code}.`,
  it: (code) => `Il suo codice è ${code}.`,
  pt: (code) => `O seu código é ${code}.`,
  nl: (code) => `Uw code is ${code}.`,
  pl: (code) => `Twój kod to ${code}.`,
};

/** The language that a code is written in for whoever asks for this one: English where there are no words for it. */
export function codeLanguage(language: string): string {
  return primarySubtag(language) in WORDS ? language : 'en-US';
}

/** What a text with a code says. It fits into one segment. */
export function codeText(language: string, code: string): string {
  return (WORDS[primarySubtag(language)] ?? english)(code);
}

function primarySubtag(language: string): string {
  return (language.split('-')[0] ?? '').toLowerCase();
}

/** The words of those texts that bring a code, by id. One whose code was erased, or cannot be opened, is not among them. */
export async function codeTexts(
  core: Pick<Core, 'db' | 'log' | 'secrets'>,
  texts: readonly MessageRow[],
): Promise<Map<string, string>> {
  const ids = texts.filter(({ purpose }) => purpose === 'verification').map(({ id }) => id);
  if (ids.length === 0) return new Map();
  const rows = await core.db
    .selectFrom('verifications')
    .select(['message_id', 'language_used', 'code_encrypted'])
    .where('message_id', 'in', ids)
    .execute();
  return new Map(
    rows.flatMap(({ message_id: id, language_used: language, code_encrypted: sealed }) => {
      if (id === null || sealed === null) return [];
      try {
        return [[id, codeText(language, core.secrets.open(sealed))]];
      } catch {
        core.log.error({ message: id }, 'a code cannot be decrypted: was the secret key changed?');
        return [];
      }
    }),
  );
}

/** A carrier took texts: the code of each is on its way, and need not be kept any longer. */
export async function writeCodesSent(tx: Transaction<Tables>, texts: readonly MessageRow[]): Promise<void> {
  for (const { id, purpose } of texts) {
    if (purpose !== 'verification') continue;
    await tx
      .updateTable('verifications')
      .set((eb) => ({
        code_encrypted: null,
        status: eb
          .case()
          .when('status', '=', 'pending')
          .then('calling' as const)
          .else(eb.ref('status'))
          .end(),
      }))
      .where('message_id', '=', id)
      .execute();
  }
}

/**
 * A text that brought a code is over: delivered with it, or failed. Of one of which nobody knows whether it left the
 * code may still arrive, until it expires.
 */
export async function endCodeText(tx: Transaction<Tables>, text: MessageRow, at: Date): Promise<void> {
  if (text.purpose !== 'verification') return;
  const row = await tx
    .selectFrom('verifications')
    .selectAll()
    .where('message_id', '=', text.id)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) return;
  const isOpen = row.status === 'pending' || row.status === 'calling';
  const failed = row.delivered_at === null && text.status !== 'delivered' && text.status !== 'unknown';
  // What expired before its text was withdrawn is told of here, for nothing else will tell of it.
  const withdrawn = text.status === 'canceled' && row.status === 'expired';
  const reason = row.reason ?? text.reason ?? text.status;
  const written = await tx
    .updateTable('verifications')
    .set({
      code_encrypted: null,
      ...(text.status === 'unknown' && isOpen ? { status: 'calling' as const } : {}),
      ...(text.attempts === 0 ? { counted: false } : {}),
      ...(failed && isOpen ? { status: 'failed' as const, reason, ended_at: at } : {}),
    })
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  if (text.status === 'delivered' && row.status !== 'expired' && row.status !== 'failed') {
    await deliverVerification(tx, row, at);
  } else if (failed && (isOpen || withdrawn)) {
    await recordVerificationEvent(tx, written, 'verification.failed', at);
  }
}
