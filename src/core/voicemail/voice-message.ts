import type { Selectable } from 'kysely';
import { CoreError } from '#core/errors.js';
import type { CallTable, Mode, VoiceMessageTable } from '#core/tables.js';

export interface VoicemailOwner {
  accountId: string;
  mode: Mode;
}

export type TranscriptionState = VoiceMessageTable['transcription'];

/** What somebody said after a beep. */
export interface VoiceMessage {
  id: string;
  mailboxId: number;
  callId: string | undefined;
  /** What became of its call; undefined while it lasts, and when the call is forgotten. */
  callResult: 'answered' | 'missed' | 'hangup' | undefined;
  /** Ours that was called. */
  phoneNumber: string;
  /** Undefined: not shown. */
  callerNumber: string | undefined;
  callerName: string | undefined;
  durationMs: number;
  transcript: string | undefined;
  transcription: TranscriptionState;
  readAt: Date | undefined;
  createdAt: Date;
  updatedAt: Date;
}

/** What stands in a row in place of a number that was not shown. */
export const ANONYMOUS = 'anonymous';

export const MAILBOX_LIMITS = {
  /** A mailbox that has so many takes no more. */
  messages: 1000,
  /** What is shorter is no message: somebody hung up. */
  leastMs: 1000,
} as const;

export type VoiceMessageRow = Selectable<VoiceMessageTable> & { call_result: Selectable<CallTable>['result'] | null };

export function toVoiceMessage(row: VoiceMessageRow): VoiceMessage {
  return {
    id: row.id,
    mailboxId: row.mailbox_id,
    callId: row.call_id ?? undefined,
    callResult: row.call_result ?? undefined,
    phoneNumber: row.phone_number,
    callerNumber: row.caller_number === ANONYMOUS ? undefined : row.caller_number,
    callerName: row.caller_name ?? undefined,
    durationMs: row.duration_ms,
    transcript: row.transcript ?? undefined,
    transcription: row.transcription,
    readAt: row.read_at ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function messageNotFound(id: string): CoreError {
  return new CoreError('voicemail.not_found', `There is no voice message ${id}, or no longer.`);
}
