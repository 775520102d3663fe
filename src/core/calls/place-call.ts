import type { Insertable } from 'kysely';
import { callerNameOf } from '#core/accounts/index.js';
import { isE164, isExtension } from '#core/address.js';
import type { KeyAction, MachinePlan, MessageScript } from '#core/calls/call-script.js';
import { checkFunds } from '#core/calls/call-funds.js';
import { toCall, type Call } from '#core/calls/call.js';
import { fillTemplate } from '#core/calls/message-template.js';
import { destinationAllowed } from '#core/calls/outbound-rule.js';
import type { Core, Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { checkStage, mayCallFrom } from '#core/numbers/index.js';
import { DIAL_PRIORITY, type Purpose } from '#core/purpose.js';
import { isSuppressed } from '#core/suppression/index.js';
import type { CallTable, Mode } from '#core/tables.js';
import { checkWebhookUrl } from '#core/webhooks/index.js';

export interface PlaceCall {
  accountId: string;
  mode: Mode;
  /** E.164, or the name of a phone of the account. */
  to: string;
  /** E.164; a number of the account. */
  from: string;
  /** Text to speak, with `{FIELDS}`; or `audioUrl`. */
  message?: string | undefined;
  audioUrl?: string | undefined;
  voice?: string | undefined;
  variables?: Readonly<Record<string, string>> | undefined;
  keys?: Readonly<Record<string, KeyAction>> | undefined;
  /** Whether to listen for machines (yes), what to do with one (`leave_message`), and the text for it (`message`). */
  machine?:
    { detect?: boolean | undefined; on?: MachinePlan['on'] | undefined; message?: string | undefined } | undefined;
  webhookUrl?: string | undefined;
  /** In which door's words the call's events are delivered. */
  dialect: string;
  purpose?: Purpose | undefined;
  scheduleAt?: Date | undefined;
  record?: boolean | undefined;
  ringTimeoutSeconds?: number | undefined;
  maxDurationSeconds?: number | undefined;
  metadata?: Record<string, unknown> | undefined;
}

export const CALL_LIMITS = {
  ringTimeoutSeconds: { least: 5, most: 120, default: 30 },
  maxDurationSeconds: { least: 5, most: 4 * 3600, default: 3600 },
  messageCharacters: 4000,
  sentenceCharacters: 500,
  metadataBytes: 4096,
  /** How far ahead a call may be scheduled, days. */
  scheduleDays: 366,
} as const;

/** Clocks differ: a schedule this long ago still means now. */
const LATE_SCHEDULE_MS = 5 * 60_000;
const DEFAULT_VOICE = 'en-US-Standard-F';

/**
 * Accepts a call: checks everything that can be known now, writes the row, and wakes the dispatcher. Refuses with
 * `call.*` codes, naming the field, and with `wallet.insufficient_funds`.
 */
export async function placeCall(
  core: Pick<Core, 'db' | 'clock' | 'speech' | 'secrets' | 'wake' | 'settings' | 'killPoint' | 'disk'>,
  input: PlaceCall,
): Promise<Call> {
  core.disk.requireRoom();
  const call = newCall(core, input);
  await checkSender(core, input);
  await checkCallerName(core.db, input);
  await checkRecipient(core, input, call.purpose as Purpose);
  await checkFunds(core.db, input);
  const row = await core.db.insertInto('calls').values(call).returningAll().executeTakeFirstOrThrow();
  core.killPoint('call.accepted');
  core.wake.calls();
  return toCall(row);
}

/** A call's row before it is written. */
export type NewCall = Insertable<CallTable> & { metadata: string | null; scheduled_at: Date | null };

/** The row of a call, after the checks that need no database. */
export function newCall(core: Pick<Core, 'clock' | 'speech' | 'settings'>, input: PlaceCall): NewCall {
  const now = new Date(core.clock.now());
  const script = checkScript(core, input);
  const purpose = input.purpose ?? 'transactional';
  checkSchedule(input.scheduleAt, now);
  checkMetadata(input.metadata);
  if (input.webhookUrl !== undefined) checkUrl(core, 'webhookUrl', input.webhookUrl);
  return {
    id: newId('cal', now.getTime()),
    account_id: input.accountId,
    mode: input.mode,
    purpose,
    priority: DIAL_PRIORITY[purpose],
    status: 'queued',
    to_number: input.to,
    from_number: input.from,
    script: JSON.stringify(script),
    metadata: input.metadata === undefined ? null : JSON.stringify(input.metadata),
    webhook_url: input.webhookUrl ?? null,
    dialect: input.dialect,
    ring_timeout_seconds: within('ringTimeoutSeconds', input.ringTimeoutSeconds),
    max_duration_seconds: within('maxDurationSeconds', input.maxDurationSeconds),
    record: input.record ?? false,
    created_at: now,
    due_at: input.scheduleAt ?? now,
    scheduled_at: input.scheduleAt ?? null,
  };
}

function bad(field: string, message: string): CoreError {
  return new CoreError('call.bad_input', message, { field });
}

function checkScript(core: Pick<Core, 'speech' | 'settings'>, input: PlaceCall): MessageScript {
  const asked = input.voice ?? DEFAULT_VOICE;
  const voice = core.speech.resolveVoice(asked);
  if (voice === undefined) {
    const known = core.speech.voices().map(({ id }) => id);
    throw bad('voice', `Unknown voice ${JSON.stringify(asked)}. Known: ${known.join(', ')}.`);
  }
  if ((input.message === undefined) === (input.audioUrl === undefined)) {
    throw bad('message', 'Give either a text or an audio file, and not both.');
  }
  const script: MessageScript = {
    voice: { asked, used: voice.voice.id, degraded: voice.degraded },
    keys: optOutKey(input.purpose, checkKeys(core, input.keys ?? {})),
    ...(input.purpose === 'marketing' ? { marketing: true as const } : {}),
    ...machinePlan(input),
  };
  if (input.audioUrl !== undefined) {
    checkUrl(core, 'audioUrl', input.audioUrl);
    return { ...script, audioUrl: input.audioUrl };
  }
  return { ...script, message: filledMessage('message', input.message ?? '', input.variables ?? {}) };
}

function machinePlan({ machine = {}, variables = {} }: PlaceCall): { machine?: MachinePlan } {
  const { detect = true, on = 'leave_message', message } = machine;
  if (message !== undefined && (!detect || on !== 'leave_message')) {
    throw bad('machineMessage', 'A message for machines is only left with leave_message, and with detection on.');
  }
  if (!detect) return {};
  return {
    machine: {
      on,
      ...(message === undefined ? {} : { message: filledMessage('machineMessage', message, variables) }),
    },
  };
}

function filledMessage(field: string, template: string, variables: Readonly<Record<string, string>>): string {
  const { text, missing } = fillTemplate(template, variables);
  if (missing[0] !== undefined) {
    throw bad(
      `variables.${missing[0]}`,
      `The message uses {${missing.join('}, {')}}, but variables has no such value.`,
    );
  }
  if (text.trim() === '') throw bad(field, 'The message is empty.');
  if (text.length > CALL_LIMITS.messageCharacters) {
    throw bad(field, `The message has ${text.length} characters; the most is ${CALL_LIMITS.messageCharacters}.`);
  }
  return text;
}

/** Marketing can be stopped by a key: by 9 where no other was given (rule 5). */
function optOutKey(purpose: Purpose | undefined, keys: Record<string, KeyAction>): Record<string, KeyAction> {
  if (purpose !== 'marketing' || Object.values(keys).some(({ action }) => action === 'optout')) return keys;
  if (keys['9'] === undefined) return { ...keys, '9': { action: 'optout' } };
  throw bad(
    'keys.9',
    'A marketing call has a key that stops it: give one of the keys the action optout, or leave 9 to it.',
  );
}

function checkKeys(core: Pick<Core, 'settings'>, keys: Readonly<Record<string, KeyAction>>): Record<string, KeyAction> {
  for (const [digit, action] of Object.entries(keys)) {
    if (!/^[0-9*#]$/.test(digit)) throw bad(`keys.${digit}`, 'A key is one of 0–9, * and #.');
    if (action.action === 'webhook') {
      if (action.url === undefined) throw bad(`keys.${digit}.url`, 'The action webhook needs a url.');
      checkUrl(core, `keys.${digit}.url`, action.url);
    } else if (action.url !== undefined) {
      throw bad(`keys.${digit}.url`, `The action ${action.action} takes no url.`);
    }
    if (action.then !== undefined && action.action !== 'webhook') {
      throw bad(`keys.${digit}.then`, `What follows the action ${action.action} is fixed; leave then out.`);
    }
    if (action.say !== undefined && (action.say.trim() === '' || action.say.length > CALL_LIMITS.sentenceCharacters)) {
      throw bad(`keys.${digit}.say`, `Between 1 and ${CALL_LIMITS.sentenceCharacters} characters.`);
    }
  }
  return { ...keys };
}

function checkUrl(core: Pick<Core, 'settings'>, field: string, url: string): void {
  const problem = checkWebhookUrl(url, core.settings);
  if (problem !== undefined) throw bad(field, problem);
}

function checkSchedule(at: Date | undefined, now: Date): void {
  if (at === undefined) return;
  const aheadMs = at.getTime() - now.getTime();
  if (Number.isNaN(aheadMs)) throw bad('scheduleAt', 'Not a time in ISO 8601.');
  if (aheadMs < -LATE_SCHEDULE_MS) throw bad('scheduleAt', 'The time is in the past.');
  if (aheadMs > CALL_LIMITS.scheduleDays * 86_400_000) {
    throw bad('scheduleAt', `The time is more than ${CALL_LIMITS.scheduleDays} days ahead.`);
  }
}

function checkMetadata(metadata: Record<string, unknown> | undefined): void {
  if (metadata !== undefined && Buffer.byteLength(JSON.stringify(metadata)) > CALL_LIMITS.metadataBytes) {
    throw bad('metadata', `More than ${CALL_LIMITS.metadataBytes} bytes as JSON.`);
  }
}

function within(field: 'ringTimeoutSeconds' | 'maxDurationSeconds', value: number | undefined): number {
  const limit = CALL_LIMITS[field];
  if (value === undefined) return limit.default;
  if (!Number.isInteger(value) || value < limit.least || value > limit.most) {
    throw bad(field, `A whole number from ${limit.least} to ${limit.most}.`);
  }
  return value;
}

async function checkCallerName(db: Db, { accountId, purpose }: PlaceCall): Promise<void> {
  if (purpose !== 'marketing' || (await callerNameOf(db, accountId)) !== undefined) return;
  throw new CoreError(
    'call.no_caller_name',
    'A marketing call says first who is calling, and the account has no name of its own yet: sidetone accounts set-policy caller_name "YOUR NAME"',
    { field: 'purpose' },
  );
}

/** @throws CoreError `call.bad_input`, `call.sender_not_owned` */
export async function checkSender(
  core: Pick<Core, 'db'>,
  input: Pick<PlaceCall, 'accountId' | 'mode' | 'from'>,
): Promise<void> {
  if (!isE164(input.from)) throw bad('from', 'Not an E.164 number: + and 7 to 15 digits, for example +12125550100.');
  if (!(await mayCallFrom(core.db, { ...input, number: input.from }))) {
    throw new CoreError(
      'call.sender_not_owned',
      `${input.from} is not a ${input.mode} number of this account. Add it with: sidetone numbers add ${input.from} — or verify one that is elsewhere: sidetone numbers verify ${input.from}`,
      { field: 'from' },
    );
  }
}

async function checkRecipient(core: Pick<Core, 'db' | 'secrets'>, input: PlaceCall, purpose: Purpose): Promise<void> {
  if (isExtension(input.to)) {
    const phone = await core.db
      .selectFrom('phones')
      .select('id')
      .where('account_id', '=', input.accountId)
      .where('name', '=', input.to)
      .executeTakeFirst();
    if (phone === undefined) throw bad('to', `Neither an E.164 number nor the name of a phone of this account.`);
    return;
  }
  await checkDestination(core, { ...input, number: input.to, purpose, field: 'to' });
}

/**
 * Whether a number outside may be called (rules 3 and 12). `field`: the input's name, for the refusal.
 * @throws CoreError `call.bad_input`, `call.destination_not_allowed`, `call.recipient_suppressed`, `number.not_verified`
 */
export async function checkDestination(
  core: Pick<Core, 'db' | 'secrets'>,
  { accountId, mode, number, purpose, field }: CalledNumber,
): Promise<void> {
  if (!isE164(number)) throw bad(field, 'Not an E.164 number: + and 7 to 15 digits, for example +12125550100.');
  if (!(await destinationAllowed(core.db, { accountId, mode, to: number }))) {
    throw new CoreError(
      'call.destination_not_allowed',
      `Calls to ${number} are not allowed: allowed are the countries of the account's own numbers, without premium rates.`,
      { field },
    );
  }
  await checkStage(core.db, { accountId, mode, to: number, field });
  if (await isSuppressed(core.db, core.secrets, { accountId, mode, address: number, purpose })) {
    throw new CoreError('call.recipient_suppressed', `${number} opted out of calls and texts from this account.`, {
      field,
    });
  }
}

interface CalledNumber {
  accountId: string;
  mode: Mode;
  number: string;
  purpose: Purpose;
  field: string;
}
