import { isE164 } from '#core/address.js';
import { isTimeZone } from '#core/calling-hours/index.js';
import { CAMPAIGN_LIMITS, type CampaignContent } from '#core/campaigns/campaign.js';
import { fieldsOf, textTo, valuesFor } from '#core/campaigns/recipient-message.js';
import { CoreError } from '#core/errors.js';

/** Somebody to be reached, as asked for. */
export interface NewRecipient {
  phone: string;
  variables?: Readonly<Record<string, string>> | undefined;
  /** IANA; where they are known to be. */
  timeZone?: string | undefined;
  /** On what their consent rests. */
  consent?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
}

/** A row that is not taken, which stops no other. */
export interface RecipientError {
  /** In what was asked, from 0. */
  index: number;
  phone: string;
  error: string;
}

type Checked = Pick<CampaignContent, 'message' | 'machine' | 'variables'> & { channel: 'voice' | 'sms' };

/** What is wrong with one row by itself; undefined: nothing. */
export function recipientProblem(
  content: Checked,
  recipient: NewRecipient,
  fields = fieldsOf(content),
): string | undefined {
  const { phone, variables = {}, timeZone, consent, metadata } = recipient;
  if (!isE164(phone)) return 'Not an E.164 number: + and 7 to 15 digits, for example +12125550100.';
  if (timeZone !== undefined && !isTimeZone(timeZone))
    return `${timeZone} is not a time zone such as America/New_York.`;
  if (consent !== undefined && (consent.trim() === '' || consent.length > CAMPAIGN_LIMITS.consentCharacters)) {
    return `consent has between 1 and ${CAMPAIGN_LIMITS.consentCharacters} characters.`;
  }
  const entries = Object.entries(variables);
  if (entries.length > CAMPAIGN_LIMITS.variables) return `More than ${CAMPAIGN_LIMITS.variables} variables.`;
  const long = entries.find(([, value]) => value.length > CAMPAIGN_LIMITS.variableCharacters);
  if (long !== undefined) return `${long[0]} has more than ${CAMPAIGN_LIMITS.variableCharacters} characters.`;
  if (metadata !== undefined && Buffer.byteLength(JSON.stringify(metadata)) > CAMPAIGN_LIMITS.metadataBytes) {
    return `metadata has more than ${CAMPAIGN_LIMITS.metadataBytes} bytes as JSON.`;
  }
  const values = valuesFor(fields, content, variables);
  const missing = fields.filter((field) => !Object.hasOwn(values, field));
  if (missing.length > 0) return `The message uses {${missing.join('}, {')}}, which has no value here.`;
  return content.channel === 'sms' ? textProblem(content, phone, variables) : undefined;
}

function textProblem(content: Checked, phone: string, variables: Readonly<Record<string, string>>): string | undefined {
  try {
    textTo(content, phone, variables);
    return undefined;
  } catch (error) {
    if (error instanceof CoreError) return error.message;
    throw error;
  }
}

/** The rows that can be taken, each number once, and what is wrong with the others. */
export function sortRecipients(
  content: Checked,
  rows: readonly NewRecipient[],
): { recipients: NewRecipient[]; errors: RecipientError[] } {
  const recipients: NewRecipient[] = [];
  const errors: RecipientError[] = [];
  const seen = new Map<string, number>();
  const fields = fieldsOf(content);
  rows.forEach((row, index) => {
    const earlier = seen.get(row.phone);
    const error =
      earlier === undefined
        ? recipientProblem(content, row, fields)
        : `The number stands in row ${earlier} already; it is called once.`;
    if (error !== undefined) errors.push({ index, phone: row.phone, error });
    else {
      seen.set(row.phone, index);
      recipients.push(row);
    }
  });
  return { recipients, errors };
}
