import { sql, type Transaction } from 'kysely';
import type { KeyAction } from '#core/calls/call-script.js';
import { holdFirstMinute } from '#core/calls/call-funds.js';
import { lookAtCampaign } from '#core/calls/campaign-call.js';
import { ourNumberOf, personOf, type CallRow } from '#core/calls/call.js';
import type { NotDialled } from '#core/calls/conducted-call.js';
import { recordCallEvent } from '#core/calls/call-events.js';
import { writeCodeCalling } from '#core/calls/verification-progress.js';
import { isExtension } from '#core/address.js';
import { withinStage } from '#core/numbers/index.js';
import type { Purpose } from '#core/purpose.js';
import type { SecretBox } from '#core/secret-box.js';
import { isSuppressed, suppress } from '#core/suppression/index.js';
import type { Tables, Verdict } from '#core/tables.js';
import { publishEvent } from '#core/webhooks/index.js';

/** Digits beyond this are heard but not kept. */
const MOST_DIGITS = 200;
const MOST_VERDICTS = 10;

/**
 * The last look before a call leaves: opted out, cancelled, ended meanwhile, outside the hours of its campaign, or without
 * money for its first minute stops it here. Otherwise the attempt is written down before any packet leaves, so that a dead process never dials somebody
 * twice.
 */
export async function writeDialing(
  tx: Transaction<Tables>,
  secrets: SecretBox,
  call: CallRow,
  attempt: { leg: string; target: string },
  at: Date,
): Promise<CallRow | NotDialled> {
  const looked = await lastLook(tx, secrets, call, 'queued', at);
  if (typeof looked === 'string') return looked;
  const row = await tx
    .updateTable('calls')
    .set((eb) => ({ status: 'dialing', dialing_at: at, attempts: eb('attempts', '+', 1) }))
    .where('id', '=', call.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await beginAttempt(tx, row, attempt, at);
  if (row.script.kind === 'code') await writeCodeCalling(tx, row);
  await recordCallEvent(tx, row, 'call.dialing', at, { quiet: true });
  return row;
}

/** Locks the call's row, and says what speaks against dialling it now; else its first minute is paid for. */
export async function lastLook(
  tx: Transaction<Tables>,
  secrets: SecretBox,
  call: CallRow,
  expected: 'queued' | 'dialing',
  at: Date,
): Promise<CallRow | NotDialled> {
  const current = await tx.selectFrom('calls').selectAll().where('id', '=', call.id).forUpdate().executeTakeFirst();
  if (current === undefined || current.status !== expected || current.node_id !== call.node_id) return 'ended';
  if (current.cancel_requested_at !== null) return 'canceled';
  const person = { accountId: call.account_id, mode: call.mode };
  const purpose = call.purpose as Purpose;
  for (const address of new Set([current.to_number, current.dialed_number ?? current.to_number])) {
    if (await isSuppressed(tx, secrets, { ...person, address, purpose })) return 'suppressed';
  }
  if (!(await isWithinStage(tx, current))) return 'not_verified';
  const campaign = await lookAtCampaign(tx, current, at);
  if (campaign !== 'go') return campaign;
  return (await holdFirstMinute(tx, current, at)) === 'held' ? current : 'insufficient_funds';
}

/** What is for a phone of ours, or proves a number, is no matter of the account's stage. */
async function isWithinStage(tx: Transaction<Tables>, call: CallRow): Promise<boolean> {
  const { account_id: accountId, mode, to_number: to } = call;
  const number = call.dialed_number ?? to;
  if (call.script.kind === 'code' && call.script.provesNumber === true) return true;
  if (isExtension(number)) return true;
  return (await withinStage(tx, { accountId, mode, numbers: [number] })).has(number);
}

/** The row of the attempt that `call.attempts` counts: somebody outside, or a phone that is the whole call, is dialled. */
export async function beginAttempt(
  tx: Transaction<Tables>,
  call: CallRow,
  attempt: { leg: string; target: string },
  at: Date,
): Promise<void> {
  await tx
    .insertInto('call_attempts')
    .values({
      call_id: call.id,
      attempt: call.attempts,
      leg: attempt.leg,
      target: attempt.target,
      dialed_at: at,
      ringing_at: null,
      answered_at: null,
      ended_at: null,
      cause: null,
      sip_code: null,
      sip_reason: null,
      rtp: null,
    })
    .execute();
}

export async function writeRinging(tx: Transaction<Tables>, callId: string, at: Date): Promise<void> {
  const row = await tx
    .updateTable('calls')
    .set({ status: 'ringing', ringing_at: at })
    .where('id', '=', callId)
    .where('status', '=', 'dialing')
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return;
  await writeAttempt(tx, row, { ringing_at: at });
  await recordCallEvent(tx, row, 'call.ringing', at, { quiet: true });
}

export async function writeAnswered(tx: Transaction<Tables>, callId: string, at: Date): Promise<void> {
  const row = await tx
    .updateTable('calls')
    .set({ status: 'answered', answered_at: at })
    .where('id', '=', callId)
    .where('status', 'in', ['dialing', 'ringing'])
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return;
  await writeAttempt(tx, row, { answered_at: at });
  await recordCallEvent(tx, row, 'call.answered', at);
}

/** What is thought now of who answered; beside it what it rests on. At most `MOST_VERDICTS` are kept of an attempt. */
export async function writeVerdict(tx: Transaction<Tables>, callId: string, verdict: Verdict): Promise<void> {
  const row = await tx
    .updateTable('calls')
    .set({ answered_by: verdict.verdict })
    .where('id', '=', callId)
    .where('status', '=', 'answered')
    .returning('attempts')
    .executeTakeFirst();
  if (row === undefined) return;
  await tx
    .updateTable('call_attempts')
    .set({ verdicts: sql`verdicts || ${JSON.stringify([verdict])}::jsonb` })
    .where('call_id', '=', callId)
    .where('attempt', '=', row.attempts)
    .where(sql<boolean>`jsonb_array_length(verdicts) < ${MOST_VERDICTS}`)
    .execute();
}

/** A key press; with the action it has, if it has one. An opt-out enters the ledger in the same transaction. */
export async function writeDigit(
  tx: Transaction<Tables>,
  secrets: SecretBox,
  callId: string,
  key: { digit: string; action: KeyAction | undefined; via: string },
  at: Date,
): Promise<void> {
  const row = await tx
    .updateTable('calls')
    .set((eb) => ({
      digits: eb.fn<string>('left', [eb('digits', '||', key.digit), eb.val(MOST_DIGITS)]),
      ...(key.action === undefined ? {} : { acted_digit: key.digit }),
    }))
    .where('id', '=', callId)
    .where('status', '=', 'answered')
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return;
  await recordCallEvent(tx, row, 'call.digit', at, {
    data: { digit: key.digit, via: key.via, action: key.action?.action ?? null },
    alsoTo: key.action?.action === 'webhook' ? key.action.url : undefined,
  });
  if (key.action?.action === 'optout') await writeOptOut(tx, secrets, row, key.digit, at);
}

async function writeOptOut(
  tx: Transaction<Tables>,
  secrets: SecretBox,
  row: CallRow,
  digit: string,
  at: Date,
): Promise<void> {
  const person = { accountId: row.account_id, mode: row.mode, address: personOf(row) };
  const optedOut = await suppress(tx, secrets, { ...person, source: 'key', callId: row.id, at });
  if (optedOut === undefined) return;
  const targets = row.webhook_url === null ? [] : [{ url: row.webhook_url, dialect: row.dialect }];
  const optOut = {
    accountId: row.account_id,
    mode: row.mode,
    type: 'contact.opted_out',
    subject: row.id,
    data: {
      address: personOf(row),
      source: 'key',
      digit,
      channel: optedOut.channel,
      scope: optedOut.scope,
      callId: row.id,
      from: ourNumberOf(row),
      metadata: row.metadata,
    },
    at,
  } as const;
  await publishEvent(tx, optOut, targets);
}

async function writeAttempt(
  tx: Transaction<Tables>,
  row: CallRow,
  times: { ringing_at: Date } | { answered_at: Date },
): Promise<void> {
  await tx
    .updateTable('call_attempts')
    .set(times)
    .where('call_id', '=', row.id)
    .where('attempt', '=', row.attempts)
    .execute();
}
