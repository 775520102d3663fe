import {
  checkCallingHours,
  isTimeZone,
  MARKETING_HOURS,
  nextOpening,
  type CallingHours,
} from '#core/calling-hours/index.js';
import { newCall } from '#core/calls/index.js';
import { CAMPAIGN_LIMITS, type CampaignContent, type CampaignOwner } from '#core/campaigns/campaign.js';
import { fieldsOf, textTo } from '#core/campaigns/recipient-message.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import {
  NO_RETRY,
  RETRIED_OUTCOMES,
  RETRY_LIMITS,
  type RetriedOutcome,
  type RetryPolicy,
} from '#core/recipients/index.js';

/** What a campaign is and does, before its recipients. */
export interface CampaignPlan extends CampaignOwner {
  name: string;
  channel: 'voice' | 'sms';
  purpose: 'transactional' | 'marketing';
  senders: readonly string[];
  content: CampaignContent;
  startAt?: Date | undefined;
  endAt?: Date | undefined;
  timeZone?: string | undefined;
  callingHours?: { start: string; end: string; days?: readonly string[] | undefined } | undefined;
  retry?: AskedRetry | undefined;
  callsPerSecond?: number | undefined;
  maxConcurrent?: number | undefined;
  webhookUrl?: string | undefined;
  dialect: string;
  metadata?: Record<string, unknown> | undefined;
}

export interface AskedRetry {
  attempts?: number | undefined;
  on?: readonly string[] | undefined;
  delayMinutes?: number | undefined;
  delays?: Readonly<Record<string, number>> | undefined;
}

export interface CheckedPlan {
  hours: CallingHours | undefined;
  retry: RetryPolicy;
}

/** A number of nobody, to see whether the message can be made at all. */
const SOMEBODY = '+12125550100';
/** Clocks differ: a schedule this long ago still means now. */
const LATE_MS = 5 * 60_000;

export function bad(field: string, message: string): CoreError {
  return new CoreError('campaign.bad_input', message, { field });
}

/**
 * The checks that need no database.
 * @throws CoreError `campaign.bad_input`, `call.bad_input`, naming the field
 */
export function checkPlan(core: Pick<Core, 'clock' | 'speech' | 'settings'>, plan: CampaignPlan): CheckedPlan {
  checkName(plan.name);
  checkSenderList(plan.senders);
  checkContent(core, plan);
  checkTimes(plan, core.clock.now());
  const hours = checkHours(plan);
  const checked = { hours, retry: checkRetry(plan.retry) };
  checkPace(plan);
  checkOpens(core, plan, hours);
  return checked;
}

export function checkName(name: string): void {
  if (name.trim() === '' || name.length > CAMPAIGN_LIMITS.nameCharacters) {
    throw bad('name', `Between 1 and ${CAMPAIGN_LIMITS.nameCharacters} characters.`);
  }
}

function checkSenderList(senders: readonly string[]): void {
  if (senders.length === 0 || senders.length > CAMPAIGN_LIMITS.senders) {
    throw bad('from', `Between 1 and ${CAMPAIGN_LIMITS.senders} numbers.`);
  }
  if (new Set(senders).size < senders.length) throw bad('from', 'The same number stands there twice.');
}

/** As it would be for somebody whose every field has a value. */
function checkContent(core: Pick<Core, 'clock' | 'speech' | 'settings'>, plan: CampaignPlan): void {
  const { content } = plan;
  const values = Object.fromEntries(fieldsOf(content).map((field) => [field, 'x']));
  const { metadata, webhookUrl, dialect, accountId, mode, purpose } = plan;
  const texted = plan.channel === 'sms';
  if (texted) {
    const spoken = (['audioUrl', 'voice', 'keys', 'machine', 'record', 'ringTimeoutSeconds'] as const).find(
      (field) => content[field] !== undefined,
    );
    if (spoken !== undefined) throw bad(spoken, 'A text has no such thing: it is for the channel voice.');
    if (content.message === undefined) throw bad('message', 'There is no message.');
    textTo(content, SOMEBODY, values);
  } else if (content.validitySeconds !== undefined) {
    throw bad('validitySeconds', 'A call has no such thing: it is for the channel sms.');
  }
  const call = texted ? { message: 'x' } : { ...content, variables: values };
  // Also the address of the webhook and the metadata, which texts share with calls.
  newCall(core, { accountId, mode, purpose, dialect, metadata, webhookUrl, ...call, to: SOMEBODY, from: SOMEBODY });
}

export function checkTimes(
  { startAt, endAt, timeZone }: Pick<CampaignPlan, 'startAt' | 'endAt' | 'timeZone'>,
  now: number,
) {
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    throw bad('timeZone', `${JSON.stringify(timeZone)} is not a time zone such as America/New_York.`);
  }
  const latest = now + CAMPAIGN_LIMITS.scheduleDays * 86_400_000;
  if (startAt !== undefined && startAt.getTime() < now - LATE_MS) throw bad('startAt', 'The time is in the past.');
  for (const [field, time] of [['startAt', startAt] as const, ['endAt', endAt] as const]) {
    if (time !== undefined && time.getTime() > latest) {
      throw bad(field, `The time is more than ${CAMPAIGN_LIMITS.scheduleDays} days ahead.`);
    }
  }
  if (endAt === undefined) return;
  if (endAt.getTime() <= now) throw bad('endAt', 'The end is in the past.');
  if (startAt !== undefined && endAt <= startAt) throw bad('endAt', 'The end is not after the start.');
}

/** Marketing is heard within its hours only, whatever was asked for (rule 5). */
export function checkHours({ callingHours, purpose }: Pick<CampaignPlan, 'callingHours' | 'purpose'>) {
  if (callingHours === undefined) return purpose === 'marketing' ? MARKETING_HOURS : undefined;
  const checked = checkCallingHours(callingHours);
  if ('problem' in checked) throw bad(`callingHours.${checked.field}`, checked.problem);
  const { hours } = checked;
  if (purpose === 'marketing') {
    const { start, end } = MARKETING_HOURS;
    if (hours.start < start) throw bad('callingHours.start', `Marketing begins at ${start} at the earliest.`);
    if (hours.end > end || hours.end <= hours.start) {
      throw bad('callingHours.end', `Marketing ends at ${end} of the same day at the latest.`);
    }
  }
  return hours;
}

function checkRetry(asked: AskedRetry | undefined): RetryPolicy {
  if (asked === undefined) return NO_RETRY;
  const { attempts = 2, on = ['no_answer', 'busy', 'failed'], delayMinutes = NO_RETRY.delayMinutes } = asked;
  const { delays = {} } = asked;
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > RETRY_LIMITS.attempts) {
    throw bad('retryAttempts', `A whole number from 1 to ${RETRY_LIMITS.attempts}.`);
  }
  const known = (outcome: string): outcome is RetriedOutcome => RETRIED_OUTCOMES.some((each) => each === outcome);
  const unknown = on.find((outcome) => !known(outcome));
  if (unknown !== undefined) throw bad('retry.on', `${unknown} is not one of ${RETRIED_OUTCOMES.join(', ')}.`);
  for (const [outcome, minutes] of [['', delayMinutes] as const, ...Object.entries(delays)]) {
    const field = outcome === '' ? 'retryDelayMinutes' : `retry.delays.${outcome}`;
    if (outcome !== '' && !known(outcome)) throw bad(field, `Not one of ${RETRIED_OUTCOMES.join(', ')}.`);
    const { least, most } = RETRY_LIMITS.delayMinutes;
    if (!(minutes >= least && minutes <= most)) throw bad(field, `From ${least} to ${most} minutes.`);
  }
  return { attempts, on: on.filter(known), delayMinutes, delays };
}

export function checkPace({ callsPerSecond, maxConcurrent }: Pick<CampaignPlan, 'callsPerSecond' | 'maxConcurrent'>) {
  const { least, most } = CAMPAIGN_LIMITS.callsPerSecond;
  if (callsPerSecond !== undefined && !(callsPerSecond >= least && callsPerSecond <= most)) {
    throw bad('callsPerSecond', `From ${least} to ${most}.`);
  }
  const channels = maxConcurrent ?? 1;
  if (!Number.isInteger(channels) || channels < 1 || channels > CAMPAIGN_LIMITS.maxConcurrent) {
    throw bad('maxConcurrent', `A whole number from 1 to ${CAMPAIGN_LIMITS.maxConcurrent}.`);
  }
}

/** A zone for each whole hour, from one side of the date line to the other. `Etc/GMT+12` is twelve hours behind. */
const AROUND_THE_WORLD = Array.from(
  { length: 27 },
  (_, n) => `Etc/GMT${n < 14 ? '-' : '+'}${n < 14 ? 14 - n : n - 14}`,
);

/** Refuses hours that open nowhere on Earth between the start and the end. */
export function checkOpens(
  core: Pick<Core, 'clock'>,
  { startAt, endAt }: Pick<CampaignPlan, 'startAt' | 'endAt'>,
  hours: CallingHours | undefined,
): void {
  if (hours === undefined || endAt === undefined) return;
  const from = new Date(Math.max(core.clock.now(), startAt?.getTime() ?? 0));
  const opens = AROUND_THE_WORLD.some((zone) => (nextOpening(hours, [zone], from) ?? endAt) < endAt);
  if (!opens) throw bad('callingHours', 'The hours never open between the start and the end.');
}
