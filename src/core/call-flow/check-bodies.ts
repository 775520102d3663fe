import { isE164 } from '#core/address.js';
import { isCalendarDate } from '#core/calendar-date.js';
import { checkCallingHours, isTimeZone, minutesOf } from '#core/calling-hours/index.js';
import type { CallingHours, Hours, Prompt, RoutingBodies, RoutingKind } from '#core/call-flow/flow-objects.js';
import type { Gap } from '#core/call-flow/gaps.js';
import { is, promptsOf } from '#core/call-flow/references.js';
import { isEmailAddress } from '#core/email-address.js';

/** What each number may be; seconds where nothing else is said. */
export const ROUTING_LIMITS = {
  nameCharacters: 100,
  promptCharacters: 3000,
  menuOptions: 12,
  menuTimeout: [1, 60],
  menuRepeats: [0, 10],
  groupMembers: 100,
  groupRetryAfter: [0, 300],
  groupHold: [5, 3600],
  groupAttempts: [1, 20],
  ring: [1, 300],
  windows: 100,
  holidays: 200,
  message: [1, 3600],
  silence: [1, 60],
  emails: 10,
  park: [10, 3600],
  call: [60, 86_400],
} as const;
const DIGIT = /^[0-9*#]$/;
const DIALLED = /^[0-9]{2,6}$/;

/** What is wrong with an object by itself. */
export function checkBody<Kind extends RoutingKind>(kind: Kind, body: RoutingBodies[Kind]): Gap[] {
  const found: Gap[] = [];
  const wrong = (field: string, message: string): void => void found.push({ field, message });
  const within = (field: string, value: number, [least, most]: readonly [number, number]): void => {
    if (!Number.isInteger(value) || value < least || value > most) wrong(field, `From ${least} to ${most}.`);
  };
  const named = (field: string, text: string, least = 1): void => {
    const most = ROUTING_LIMITS.nameCharacters;
    if (text.trim().length < least || text.length > most) wrong(field, `It has ${least} to ${most} characters.`);
  };
  const atMost = (field: string, list: readonly unknown[], most: number): void => {
    if (list.length > most) wrong(field, `At most ${most}.`);
  };
  const onlyOnce = (list: readonly unknown[], field: (at: number) => string, what: string): void => {
    list.forEach((value, at) => {
      if (list.indexOf(value) < at) wrong(field(at), `${what} twice.`);
    });
  };

  for (const [field, prompt] of promptsOf(kind, body)) checkPrompt(field, prompt, wrong);
  if (is('number', kind, body)) named('description', body.description, 0);
  if (is('hours', kind, body)) checkHours(body, wrong);
  if (is('menu', kind, body)) {
    named('name', body.name);
    atMost('options', body.options, ROUTING_LIMITS.menuOptions);
    within('timeoutSeconds', body.timeoutSeconds, ROUTING_LIMITS.menuTimeout);
    within('repeats', body.repeats, ROUTING_LIMITS.menuRepeats);
    body.options.forEach(({ digit, label }, at) => {
      if (!DIGIT.test(digit)) wrong(`options[${at}].digit`, 'One of 0 to 9, * and #.');
      named(`options[${at}].label`, label, 0);
    });
    onlyOnce(
      body.options.map(({ digit }) => digit),
      (at) => `options[${at}].digit`,
      `The key is there`,
    );
  }
  if (is('ring_group', kind, body)) {
    named('name', body.name);
    within('retryAfterSeconds', body.retryAfterSeconds, ROUTING_LIMITS.groupRetryAfter);
    within('maxHoldSeconds', body.maxHoldSeconds, ROUTING_LIMITS.groupHold);
    within('maxAttempts', body.maxAttempts, ROUTING_LIMITS.groupAttempts);
    atMost('members', body.members, ROUTING_LIMITS.groupMembers);
    body.members.forEach(({ ringSeconds, position }, at) => {
      within(`members[${at}].ringSeconds`, ringSeconds, ROUTING_LIMITS.ring);
      within(`members[${at}].position`, position, [1, 1000]);
    });
    onlyOnce(
      body.members.map(({ deviceId }) => deviceId),
      (at) => `members[${at}].deviceId`,
      'It is a member',
    );
  }
  if (is('extension', kind, body)) {
    named('name', body.name);
    if (!DIALLED.test(body.number)) wrong('number', 'An extension has 2 to 6 digits.');
    within('ringSeconds', body.ringSeconds, ROUTING_LIMITS.ring);
  }
  if (is('forwarding_number', kind, body)) {
    if (!isE164(body.number)) wrong('number', 'A number in international form: +15551234567.');
    named('description', body.description, 0);
    const code = body.transferCode;
    if (code !== null && !DIALLED.test(code)) wrong('transferCode', 'A transfer code has 2 to 6 digits.');
    within('ringSeconds', body.ringSeconds, ROUTING_LIMITS.ring);
  }
  if (is('forwarding_schedule', kind, body)) {
    named('name', body.name);
    if (body.timeZone !== null && !isTimeZone(body.timeZone)) wrong('timeZone', NO_ZONE);
    checkWindows('windows', body.windows, wrong);
  }
  if (is('mailbox', kind, body)) {
    named('name', body.name);
    within('maxSeconds', body.maxSeconds, ROUTING_LIMITS.message);
    within('silenceSeconds', body.silenceSeconds, ROUTING_LIMITS.silence);
    atMost('emails', body.emails, ROUTING_LIMITS.emails);
    body.emails.forEach((email, at) => {
      if (!isEmailAddress(email)) wrong(`emails[${at}]`, 'This is not an e-mail address.');
    });
  }
  if (is('settings', kind, body)) {
    within('parkSeconds', body.parkSeconds, ROUTING_LIMITS.park);
    within('longestCallSeconds', body.longestCallSeconds, ROUTING_LIMITS.call);
    if (!/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(body.language)) wrong('language', 'A language such as en-US.');
    if (body.anonymousCallers === 'voicemail' && body.anonymousMailbox === null) {
      wrong('anonymousMailbox', 'Callers without a number are to leave a message, but no mailbox is named.');
    }
  }
  return found;
}

type Wrong = (field: string, message: string) => void;
const NO_ZONE = 'A time zone such as Europe/Berlin.';

function checkPrompt(field: string, prompt: Prompt | null, wrong: Wrong): void {
  const most = ROUTING_LIMITS.promptCharacters;
  if (prompt?.text === undefined) return;
  if (prompt.text.trim() === '' || prompt.text.length > most) wrong(field, `It has 1 to ${most} characters.`);
}

function checkHours(hours: Hours, wrong: Wrong): void {
  if (!isTimeZone(hours.timeZone)) wrong('timeZone', NO_ZONE);
  checkWindows('weekly', hours.weekly, wrong);
  const until = hours.override?.until ?? null;
  if (until !== null && Number.isNaN(Date.parse(until))) wrong('override.until', 'This is not a time.');
  if (hours.holidays.length > ROUTING_LIMITS.holidays) wrong('holidays', `At most ${ROUTING_LIMITS.holidays}.`);
  hours.holidays.forEach(({ date, name, windows }, at) => {
    const field = `holidays[${at}]`;
    if (!isDate(date)) wrong(`${field}.date`, 'A date such as 2026-12-25, or 12-25 for every year.');
    if (hours.holidays.findIndex((other) => other.date === date) < at)
      wrong(`${field}.date`, 'The date is there twice.');
    if (name.length > ROUTING_LIMITS.nameCharacters) wrong(`${field}.name`, 'The name is too long.');
    windows.forEach((window, position) => {
      const checked = checkCallingHours(window);
      const path = `${field}.windows[${position}]`;
      if ('problem' in checked) wrong(`${path}.${checked.field}`, checked.problem);
      else if (minutesOf(checked.hours).to > 1440) wrong(`${path}.end`, 'It ends on the same day, after its start.');
    });
  });
}

function checkWindows(field: string, windows: readonly CallingHours[], wrong: Wrong): void {
  if (windows.length > ROUTING_LIMITS.windows) wrong(field, `At most ${ROUTING_LIMITS.windows}.`);
  windows.forEach((window, at) => {
    const checked = checkCallingHours(window);
    if ('problem' in checked) wrong(`${field}[${at}].${checked.field}`, checked.problem);
  });
}

/** `2026-12-25`, or `12-25`; 29 February is a day of some years. */
function isDate(text: string): boolean {
  return isCalendarDate(/^\d{2}-\d{2}$/.test(text) ? `2024-${text}` : text);
}
