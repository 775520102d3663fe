import { isE164 } from '#core/address.js';
import { fillTemplate } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import type { MessageErrorCode } from '#core/messages/errors.js';
import type { Purpose } from '#core/purpose.js';
import { encodeText, MOST_SEGMENTS, tablesFor, type EncodedText, type NationalTable } from '#core/segments/index.js';
import type { Mode } from '#core/tables.js';
import { checkWebhookUrl } from '#core/webhooks/index.js';

/** One person's text. What it does not say itself holds for all. */
export interface NewText {
  /** Where it stood in the request, from 0. */
  index: number;
  /** E.164. */
  to: string;
  /** With `{FIELDS}`. */
  message?: string | undefined;
  /** Laid over those of all. */
  variables?: Readonly<Record<string, string>> | undefined;
  metadata?: Record<string, unknown> | undefined;
}

/** What texts of one request have in common. */
export interface SendTexts extends Omit<NewText, 'to' | 'index'> {
  accountId: string;
  mode: Mode;
  /** One sender, or a pool. */
  senders: readonly string[];
  texts: readonly NewText[];
  /** What stood in the request in place of a text and is none: refused with the others. */
  unreadable?: readonly RefusedText[] | undefined;
  /** Default: transactional. */
  purpose?: Extract<Purpose, 'person' | 'transactional' | 'marketing'> | undefined;
  webhookUrl?: string | undefined;
  /** In which door's words events are delivered. */
  dialect: string;
  /** Who of the account writes it. */
  userId?: string | undefined;
  /** Ids of pictures and files that were handed in; of a single text, which then is one message and needs no words. */
  attachments?: readonly string[] | undefined;
  /** Nothing in it is a `{FIELD}`. Default: false. */
  verbatim?: boolean | undefined;
  scheduleAt?: Date | undefined;
  /** From its time on; then it is not sent any more. Default: a day. */
  validitySeconds?: number | undefined;
  /** Whether typographic characters may be written plainly. Default: yes. */
  smart?: boolean | undefined;
  /** Default: those of the recipient's country. */
  nationalTables?: readonly NationalTable[] | undefined;
}

export const MESSAGE_LIMITS = {
  /** In one request. */
  texts: 10_000,
  pool: 100,
  segments: MOST_SEGMENTS,
  metadataBytes: 4096,
  validitySeconds: { least: 60, most: 7 * 86_400, default: 86_400 },
  scheduleDays: 366,
} as const;

/** Why one text was not accepted. */
export interface TextRefusal {
  code: MessageErrorCode;
  message: string;
  field: string;
}

/** A text that was not accepted. */
export interface RefusedText {
  index: number;
  to: string | undefined;
  error: TextRefusal;
}

/** A text that can be sent as far as can be seen without a database. */
export interface ReadyText extends EncodedText {
  /** Where it stood in the request, from 0. */
  index: number;
  to: string;
  metadata: Record<string, unknown> | undefined;
}

/** Fills in and encodes one text, or says what is wrong with it. */
export function readyText(shared: SendTexts, text: Omit<NewText, 'index'>, index: number): ReadyText | RefusedText {
  const refuse = (field: string, message: string): RefusedText => ({
    index,
    to: text.to,
    error: { code: 'message.bad_input', message, field },
  });
  if (!isE164(text.to)) return refuse('to', 'Not an E.164 number: + and 7 to 15 digits, for example +12125550100.');
  const template = text.message ?? shared.message;
  const withFiles = (shared.attachments ?? []).length > 0;
  if (template === undefined) return refuse('message', 'There is no message.');
  const filled =
    shared.verbatim === true
      ? { text: template, missing: [] }
      : fillTemplate(template, { ...shared.variables, ...text.variables });
  if (filled.missing[0] !== undefined) {
    const names = filled.missing.join('}, {');
    return refuse(`variables.${filled.missing[0]}`, `The message uses {${names}}, but variables has no such value.`);
  }
  if (filled.text.trim() === '' && !withFiles) return refuse('message', 'The message is empty.');
  const metadata = text.metadata ?? shared.metadata;
  if (metadata !== undefined && Buffer.byteLength(JSON.stringify(metadata)) > MESSAGE_LIMITS.metadataBytes) {
    return refuse('metadata', `More than ${MESSAGE_LIMITS.metadataBytes} bytes as JSON.`);
  }
  const encoded = encodeMessage(filled.text, text.to, shared);
  if (encoded.segments > MESSAGE_LIMITS.segments) {
    const { segments } = encoded;
    return refuse('message', `The text has ${segments} segments; the most is ${MESSAGE_LIMITS.segments}.`);
  }
  return { ...encoded, ...(withFiles ? { segments: 1 } : {}), index, to: text.to, metadata };
}

/** The text as it goes out. Halves of surrogate pairs and null characters, which no row can hold, do not. */
export function encodeMessage(
  text: string,
  to: string | undefined,
  { smart, nationalTables }: Pick<SendTexts, 'smart' | 'nationalTables'>,
): EncodedText {
  const tables = nationalTables ?? (to === undefined ? [] : tablesFor(to));
  return encodeText(text.replace(/\p{Surrogate}/gu, '\ufffd').replaceAll('\0', ''), { smart, tables });
}

/** What is wrong with the things that all texts of a request share. */
export function sharedProblem(
  core: Pick<Core, 'settings'>,
  shared: SendTexts,
  now: Date,
): Pick<TextRefusal, 'field' | 'message'> | undefined {
  const { validitySeconds: limit, pool, scheduleDays } = MESSAGE_LIMITS;
  if ((shared.attachments ?? []).length > 0 && shared.texts.length !== 1) {
    return { field: 'attachments', message: 'Pictures and files go with one text.' };
  }
  if (shared.senders.length === 0) return { field: 'from', message: 'There is no sender.' };
  if (shared.senders.length > pool) return { field: 'from', message: `More than ${pool} senders.` };
  const validity = shared.validitySeconds ?? limit.default;
  if (!Number.isInteger(validity) || validity < limit.least || validity > limit.most) {
    return { field: 'validitySeconds', message: `A whole number from ${limit.least} to ${limit.most}.` };
  }
  const aheadMs = shared.scheduleAt === undefined ? 0 : shared.scheduleAt.getTime() - now.getTime();
  if (Number.isNaN(aheadMs)) return { field: 'scheduleAt', message: 'Not a time in ISO 8601.' };
  if (aheadMs < -LATE_SCHEDULE_MS) return { field: 'scheduleAt', message: 'The time is in the past.' };
  if (aheadMs > scheduleDays * 86_400_000) {
    return { field: 'scheduleAt', message: `The time is more than ${scheduleDays} days ahead.` };
  }
  const problem = shared.webhookUrl === undefined ? undefined : checkWebhookUrl(shared.webhookUrl, core.settings);
  return problem === undefined ? undefined : { field: 'webhookUrl', message: problem };
}

/** Clocks differ: a schedule this long ago still means now. */
const LATE_SCHEDULE_MS = 5 * 60_000;
