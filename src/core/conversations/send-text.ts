import { isE164 } from '#core/address.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import {
  conversationId,
  partsOfId,
  type ConversationOwner,
  type ConversationText,
} from '#core/conversations/conversation.js';
import { findText } from '#core/conversations/list-texts.js';
import { acceptMessage } from '#core/messages/index.js';

export interface SendConversationText extends ConversationOwner {
  /** Of the conversation, which need not be there yet. */
  id: string;
  body: string;
  /** Ids of pictures and files that were handed in. */
  attachments?: readonly string[] | undefined;
  /** Who of the account writes it. */
  userId: string | undefined;
  /** In which door's words events are delivered. */
  dialect: string;
}

/**
 * Writes to somebody, as a person does; `warnings` say what may keep it from arriving: refused after a STOP (rule 3), within the caps of our number's registration
 * (rule 6).
 * @throws CoreError `conversation.bad_input`, `message.*`, `attachment.bad_input`, `wallet.insufficient_funds`
 */
export async function sendText(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'settings' | 'wake' | 'killPoint' | 'disk'>,
  input: SendConversationText,
): Promise<{ text: ConversationText; warnings: string[] }> {
  const { accountId, mode, id, body, attachments, userId, dialect } = input;
  const owner = { accountId, mode };
  const parts = partsOfId(id);
  const theirs = parts === undefined ? undefined : `+${parts.theirs}`;
  if (parts === undefined || theirs === undefined || !isE164(theirs)) {
    throw new CoreError(
      'conversation.bad_input',
      'The id of a conversation is our number, a hyphen and theirs, all in digits: 12125550100-13055550111.',
      { field: 'conversationId' },
    );
  }
  const ours = await core.db
    .selectFrom('numbers')
    .select('number')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('number', 'in', [`+${parts.ours}`, parts.ours])
    .executeTakeFirst();
  if (ours === undefined) {
    throw new CoreError('conversation.bad_input', `${parts.ours} is not a number of this account.`, {
      field: 'conversationId',
    });
  }
  // In a transaction of its own: whoever sends is woken once it can be seen.
  const sent = await inWordsOfConversations(() =>
    acceptMessage(core, {
      ...owner,
      senders: [ours.number],
      texts: [{ index: 0, to: theirs }],
      message: body,
      attachments,
      verbatim: true,
      purpose: 'person',
      userId,
      dialect,
    }),
  );
  const text = await findText(core, owner, { conversation: conversationId(ours.number, theirs), id: sent.id });
  return { text, warnings: sent.warnings };
}

const FIELDS: Record<string, string> = { message: 'body', to: 'conversationId', from: 'conversationId' };

/** Whoever writes in a conversation names neither sender nor recipient. */
async function inWordsOfConversations<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CoreError) || error.field === undefined) throw error;
    throw new CoreError(error.code, error.message, { field: FIELDS[error.field] ?? error.field });
  }
}
