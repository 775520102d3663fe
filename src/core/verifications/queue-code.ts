import type { Transaction } from 'kysely';
import { holdFunds } from '#core/billing/index.js';
import { codeVoice, holdVerificationFunds, type CodeScript, type VerificationRow } from '#core/calls/index.js';
import { carriersFor, readCarriers } from '#core/carriers/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { codeLanguage, codeText, encodeMessage, insertMessages, queuedMessage } from '#core/messages/index.js';
import { DIAL_PRIORITY } from '#core/purpose.js';
import type { VerificationPolicy } from '#core/verifications/policy.js';
import type { VerificationOwner } from '#core/verifications/verification.js';
import type { Tables } from '#core/tables.js';

/** Long enough for ten digits read five times; the call hangs up by itself when it is done. */
const MAX_DURATION_S = 300;

/** A code that is about to be sent on its way. */
export interface CodeOnItsWay extends VerificationOwner {
  /** Of the verification. */
  id: string;
  to: string;
  from: string;
  code: string;
  /** As asked for, BCP 47. */
  language: string;
  provesNumber?: boolean | undefined;
  dialect: string;
  now: Date;
}

/** What brings a code: a call or a text, and in which language. */
export interface Way {
  callId: string | null;
  messageId: string | null;
  language: string;
}

/** Queues the call that speaks a code. @throws CoreError `verification.not_placed` */
export async function queueCodeCall(
  core: Pick<Core, 'speech'>,
  tx: Transaction<Tables>,
  { accountId, mode, id, to, from, language, provesNumber, dialect, now }: CodeOnItsWay,
  policy: VerificationPolicy,
): Promise<Way> {
  const callId = newId('cal', now.getTime());
  const voice = codeVoice(core.speech, language);
  if (voice === undefined) {
    throw new CoreError('verification.not_placed', 'There is no voice that could speak the code.');
  }
  const script: CodeScript = {
    kind: 'code',
    verification: id,
    language: voice.language,
    voice: { asked: voice.id, used: voice.id, degraded: false },
    readings: policy.readings,
    onMachine: policy.onMachine,
    ...(provesNumber === true ? { provesNumber: true } : {}),
  };
  await tx
    .insertInto('calls')
    .values({
      id: callId,
      account_id: accountId,
      mode,
      purpose: 'verification',
      priority: DIAL_PRIORITY.verification,
      status: 'queued',
      to_number: to,
      from_number: from,
      script: JSON.stringify(script),
      metadata: null,
      webhook_url: null,
      dialect: dialect,
      ring_timeout_seconds: policy.callTimeoutSeconds,
      max_duration_seconds: MAX_DURATION_S,
      // Never, whatever the account says (rule 10).
      record: false,
      created_at: now,
      due_at: now,
      scheduled_at: null,
    })
    .execute();
  return { callId, messageId: null, language: voice.language };
}

/**
 * Queues the text that brings a code. Its row has no words: they are made at sending, of the sealed code.
 * @throws CoreError `verification.not_placed`
 */
export async function queueCodeText(
  tx: Transaction<Tables>,
  { accountId, mode, to, from, code, language, dialect, now }: CodeOnItsWay,
  policy: VerificationPolicy,
): Promise<Way> {
  if (mode === 'live' && carriersFor(await readCarriers(tx), { accountId, from, to, tried: [] }).length === 0) {
    throw new CoreError(
      'verification.not_placed',
      `No carrier of texts leads to ${to}: "sidetone carriers add" adds one.`,
    );
  }
  const written = codeLanguage(language);
  const encoded = encodeMessage(codeText(written, code), to, { smart: false });
  const row = queuedMessage({
    ...{ accountId, mode, from, to, dialect, at: now },
    ...encoded,
    purpose: 'verification',
    expiresAt: new Date(now.getTime() + policy.expirySeconds * 1000),
  });
  await insertMessages(tx, [{ ...row, text: null }]);
  return { callId: null, messageId: row.id, language: written };
}

/** Sets the price of a code aside: of a call that speaks one, or of the text. False: the balance does not pay for it. */
export async function canPay(tx: Transaction<Tables>, row: VerificationRow): Promise<boolean> {
  const { account_id: accountId, mode, message_id: reference, created_at: at } = row;
  const held =
    reference === null
      ? await holdVerificationFunds(tx, row)
      : await holdFunds(tx, { accountId, mode, reference, unit: 'sms_segment', quantity: 1, at });
  return held === 'held';
}
