import type { Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';

/** What an account does otherwise than usual with texts, campaigns and opt-outs. */
export interface OutreachPolicy {
  /** Whether an opt-out covers voice and SMS, or the channel alone on which it came (rule 3). */
  optOutChannels: 'both' | 'same';
  /** A text that may have been accepted by the carrier (rule 18): left alone, or sent again. */
  onUnknown: 'keep' | 'resend';
  /** A text from a US long code that nobody registered (rule 6). */
  unregistered: 'refuse' | 'warn';
  /** `{NAME}` is the account's. */
  optOutText: string;
  optInText: string;
  helpText: string;
  /** Who is calling, as marketing calls say it first; `{NAME}` is the account's. */
  callerName: string;
  /** Marketing calls and texts to one number in any 24 hours (rule 5). */
  attemptsPerNumberPerDay: number;
}

type Value = string | number;

interface Setting {
  default: Value;
  description: string;
  /** The value behind a text of the command line, or what it takes instead. */
  read(text: string): { value: Value } | { problem: string };
}

/** Two segments of the widest letters (3GPP TS 23.038). */
const REPLY_CHARACTERS = 134;

const oneOf =
  (...choices: string[]): Setting['read'] =>
  (text) =>
    choices.includes(text) ? { value: text } : { problem: choices.map((choice) => `"${choice}"`).join(' or ') };

const reply: Setting['read'] = (text) =>
  text.trim() !== '' && text.length <= REPLY_CHARACTERS
    ? { value: text }
    : { problem: `1 to ${REPLY_CHARACTERS} characters` };

const whole =
  (least: number, most: number): Setting['read'] =>
  (text) =>
    /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most
      ? { value: Number(text) }
      : { problem: `a whole number from ${least} to ${most}` };

/** The closed list of settings; `docs/opt-out.md` is written from it. */
export const OUTREACH_SETTINGS = {
  opt_out_channels: {
    default: 'both',
    description: 'What an opt-out by key or text covers: `both` voice and SMS, or the `same` channel alone.',
    read: oneOf('both', 'same'),
  },
  on_unknown: {
    default: 'keep',
    description: 'A text of unknown fate: `keep` it as it is, or `resend` it, which may reach the person twice.',
    read: oneOf('keep', 'resend'),
  },
  unregistered: {
    default: 'warn',
    description: 'A text from a US number without an active registration: `warn` in the answer, or `refuse` it.',
    read: oneOf('warn', 'refuse'),
  },
  opt_out_text: {
    default: '{NAME}: You have opted out and will get no more messages. Reply START to get them again.',
    description: 'The one answer to an opt-out; `{NAME}` is the account’s name.',
    read: reply,
  },
  opt_in_text: {
    default: '{NAME}: You will get messages again. Reply STOP to opt out.',
    description: 'The one answer to START that lifted an opt-out.',
    read: reply,
  },
  help_text: {
    default: '{NAME}: Reply STOP to opt out. Message and data rates may apply.',
    description: 'The answer to HELP and INFO, at most once a day for each person.',
    read: reply,
  },
  caller_name: {
    default: '{NAME}',
    description:
      'Who is calling, as marketing calls say it first; `{NAME}` is the account’s name, but for that of a first start, `Default`.',
    read: (text) =>
      text.trim() !== '' && text.length <= 60 ? { value: text.trim() } : { problem: '1 to 60 characters' },
  },
  attempts_per_number_per_day: {
    default: 3,
    description: 'Marketing calls and texts to one number in any 24 hours.',
    read: whole(1, 100),
  },
} as const satisfies Record<string, Setting>;

export type OutreachSettingName = keyof typeof OUTREACH_SETTINGS;
export const OUTREACH_SETTING_NAMES = Object.keys(OUTREACH_SETTINGS) as OutreachSettingName[];

export interface OutreachSetting {
  name: OutreachSettingName;
  value: Value;
  default: Value;
  description: string;
}

type Stored = Readonly<Record<string, unknown>>;

/** Every setting of an account, with its default. */
export function outreachSettings(stored: Stored): OutreachSetting[] {
  return OUTREACH_SETTING_NAMES.map((name) => {
    const { default: otherwise, description } = OUTREACH_SETTINGS[name];
    return { name, value: (stored[name] as Value | undefined) ?? otherwise, default: otherwise, description };
  });
}

/** The defaults, overlaid with what was set for an account. */
export function effectivePolicy(stored: Stored): OutreachPolicy {
  const value = <T extends Value>(name: OutreachSettingName): T =>
    (stored[name] ?? OUTREACH_SETTINGS[name].default) as T;
  return {
    optOutChannels: value('opt_out_channels'),
    onUnknown: value('on_unknown'),
    unregistered: value('unregistered'),
    optOutText: value('opt_out_text'),
    optInText: value('opt_in_text'),
    helpText: value('help_text'),
    callerName: value('caller_name'),
    attemptsPerNumberPerDay: value('attempts_per_number_per_day'),
  };
}

/** The usual policy where there is no such account. */
export async function readOutreachPolicy(db: Db, accountId: string): Promise<OutreachPolicy> {
  const row = await db.selectFrom('accounts').select('outreach_policy').where('id', '=', accountId).executeTakeFirst();
  return effectivePolicy(row?.outreach_policy ?? {});
}

/** What the account of a first start is called until somebody says otherwise: no name to call people by. */
export const FIRST_ACCOUNT_NAME = 'Default';

/** Who is calling, as people are told; undefined: nobody has said yet. */
export async function callerNameOf(db: Db, accountId: string): Promise<string | undefined> {
  const account = await db
    .selectFrom('accounts')
    .select(['name', 'outreach_policy'])
    .where('id', '=', accountId)
    .executeTakeFirst();
  if (account === undefined) return undefined;
  const given = account.name.trim() === FIRST_ACCOUNT_NAME ? '' : account.name;
  const name = effectivePolicy(account.outreach_policy).callerName.replaceAll('{NAME}', given).trim();
  return name === '' ? undefined : name;
}

/** @throws CoreError `account.unknown_setting`, `account.bad_input` */
export function readSetting(name: string, text: string | null): { name: OutreachSettingName; value: Value | null } {
  const known = OUTREACH_SETTING_NAMES.find((setting) => setting === name);
  if (known === undefined) {
    const names = OUTREACH_SETTING_NAMES.join(', ');
    throw new CoreError('account.unknown_setting', `There is no setting "${name}"; there are ${names}.`, {
      field: 'name',
    });
  }
  if (text === null) return { name: known, value: null };
  const read = OUTREACH_SETTINGS[known].read(text);
  if ('value' in read) return { name: known, value: read.value };
  throw new CoreError('account.bad_input', `${known} takes ${read.problem}, not "${text}".`, { field: 'value' });
}
