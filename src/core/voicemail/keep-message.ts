import type { Transaction } from 'kysely';
import type { Mailbox } from '#core/call-flow/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { hasFeature } from '#core/plans/index.js';
import type { Tables } from '#core/tables.js';
import { untilWritten } from '#core/until-written.js';
import { tellMailboxChanged } from '#core/mailbox-changes.js';
import { queueNotices } from '#core/voicemail/message-notice.js';
import { tellMessage } from '#core/voicemail/tell-message.js';
import { ANONYMOUS, type VoicemailOwner } from '#core/voicemail/voice-message.js';

const SAMPLES_PER_MS = 8;

export interface SpokenMessage {
  owner: VoicemailOwner;
  mailboxId: number;
  mailbox: Mailbox;
  callId: string;
  /** E.164 or an extension; undefined: not shown. */
  caller: string | undefined;
  callerName: string | undefined;
  called: string;
}

type KeepingCore = Pick<Core, 'db' | 'clock' | 'log' | 'hearing' | 'recordings' | 'wake' | 'killPoint'>;

/**
 * Keeps what was said: the file first, then the row with its event, its e-mails and the mailbox's count at once. Rejects
 * when the file cannot be written; nothing is kept then.
 * @throws CoreError `voicemail.not_found` where the mailbox was removed while somebody spoke
 */
export async function keepMessage(core: KeepingCore, message: SpokenMessage, pcm: Int16Array): Promise<string> {
  const now = core.clock.now();
  const { owner, mailbox } = message;
  const id = newId('vcm', now);
  const file = `${owner.accountId}/voicemail/${id}.wav`;
  const hears = await isTranscribed(core, owner, mailbox);
  const bytes = await core.recordings.write(file, pcm);
  core.killPoint('voicemail.filed');
  const kept = { id, file, bytes, durationMs: Math.round(pcm.length / SAMPLES_PER_MS), hears, at: new Date(now) };
  try {
    await untilWritten(core, (tx) => writeMessage(tx, message, kept, new Date(core.clock.now())));
  } catch (error) {
    await core.recordings.remove(file);
    throw error;
  }
  core.wake.deliveries();
  core.wake.emails();
  core.wake.transcripts();
  return id;
}

interface KeptMessage {
  id: string;
  file: string;
  bytes: number;
  durationMs: number;
  hears: boolean;
  at: Date;
}

async function writeMessage(
  tx: Transaction<Tables>,
  message: SpokenMessage,
  kept: KeptMessage,
  now: Date,
): Promise<void> {
  const { owner, mailboxId, mailbox, callId, called, callerName } = message;
  const { id, at, durationMs, hears } = kept;
  await holdMailbox(tx, owner, mailboxId);
  // A call that was erased while somebody spoke is not named.
  const call = await tx.selectFrom('calls').select('id').where('id', '=', callId).executeTakeFirst();
  const row = await tx
    .insertInto('voice_messages')
    .values({
      ...{ id, account_id: owner.accountId, mode: owner.mode, mailbox_id: mailboxId, call_id: call?.id ?? null },
      phone_number: called,
      caller_number: message.caller ?? ANONYMOUS,
      caller_name: callerName ?? null,
      ...{ file: kept.file, bytes: kept.bytes, duration_ms: durationMs },
      transcript: null,
      transcription: hears ? 'pending' : 'off',
      transcribe_at: hears ? at : null,
      created_at: at,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returningAll()
    .executeTakeFirst();
  // It is there already, with all that follows: the answer to an earlier commit was lost.
  if (row === undefined) return;
  // What is written down is told, and goes with the letter, which waits for it.
  if (!hears) {
    await tellMessage(tx, row, mailbox.name, at);
    await queueNotices(tx, owner, mailbox, row, at);
  }
  await tellMailboxChanged(tx, { ...owner, mailboxId });
}

async function isTranscribed(core: KeepingCore, owner: VoicemailOwner, mailbox: Mailbox): Promise<boolean> {
  if (!mailbox.transcribe) return false;
  if (owner.mode === 'live' && core.hearing === undefined) return false;
  return hasFeature(core, owner.accountId, 'voicemail_transcription');
}

/** Whoever removes it waits for the end of the transaction, and finds what it wrote. */
async function holdMailbox(
  tx: Transaction<Tables>,
  { accountId, mode }: VoicemailOwner,
  mailboxId: number,
): Promise<void> {
  const row = await tx
    .selectFrom('routing_objects')
    .select('id')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('kind', '=', 'mailbox')
    .where('id', '=', mailboxId)
    .forKeyShare()
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('voicemail.not_found', `There is no mailbox ${mailboxId} any more.`);
}
