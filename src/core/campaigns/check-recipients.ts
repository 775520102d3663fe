import { isE164 } from '#core/address.js';
import { isTimeZone } from '#core/calling-hours/index.js';
import { CAMPAIGN_LIMITS, type CampaignContent } from '#core/campaigns/campaign.js';
import { fieldsOf, textTo, valuesFor } from '#core/campaigns/recipient-message.js';
import type { CampaignErrorCode } from '#core/campaigns/errors.js';
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
  /** It could not be read; nothing else of it counts, and `phone` may be empty. */
  problem?: RowProblem | undefined;
}

/** What is wrong with a row. */
export interface RowProblem {
  code: Extract<CampaignErrorCode, 'campaign.bad_input' | 'campaign.duplicate'>;
  message: string;
  field: string;
}

/** A row that is not taken, which stops no other. */
export interface RecipientError {
  /** In what was asked, from 0. */
  index: number;
  /** Empty where none can be read. */
  phone: string;
  error: RowProblem;
}

type Checked = Pick<CampaignContent, 'message' | 'machine' | 'variables'> & { channel: 'voice' | 'sms' };

/** What is wrong with one row by itself; undefined: nothing. */
export function recipientProblem(
  content: Checked,
  recipient: NewRecipient,
  fields = fieldsOf(content),
): RowProblem | undefined {
  const { phone, variables = {}, timeZone, consent, metadata, problem } = recipient;
  if (problem !== undefined) return problem;
  if (!isE164(phone)) return wrong('phone', 'Not an E.164 number: + and 7 to 15 digits, for example +12125550100.');
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    return wrong('timeZone', `${timeZone} is not a time zone such as America/New_York.`);
  }
  if (consent !== undefined && (consent.trim() === '' || consent.length > CAMPAIGN_LIMITS.consentCharacters)) {
    return wrong('consent', `Between 1 and ${CAMPAIGN_LIMITS.consentCharacters} characters.`);
  }
  const entries = Object.entries(variables);
  if (entries.length > CAMPAIGN_LIMITS.variables) {
    return wrong('variables', `More than ${CAMPAIGN_LIMITS.variables} variables.`);
  }
  const long = entries.find(([, value]) => value.length > CAMPAIGN_LIMITS.variableCharacters);
  if (long !== undefined) {
    return wrong(`variables.${long[0]}`, `More than ${CAMPAIGN_LIMITS.variableCharacters} characters.`);
  }
  if (metadata !== undefined && Buffer.byteLength(JSON.stringify(metadata)) > CAMPAIGN_LIMITS.metadataBytes) {
    return wrong('metadata', `More than ${CAMPAIGN_LIMITS.metadataBytes} bytes as JSON.`);
  }
  const values = valuesFor(fields, content, variables);
  const missing = fields.filter((field) => !Object.hasOwn(values, field));
  if (missing[0] !== undefined) {
    const sentence = `The message uses {${missing.join('}, {')}}, which has no value here.`;
    return wrong(`variables.${missing[0]}`, sentence);
  }
  return content.channel === 'sms' ? textProblem(content, phone, variables) : undefined;
}

export function wrong(field: string, message: string): RowProblem {
  return { code: 'campaign.bad_input', message, field };
}

function textProblem(
  content: Checked,
  phone: string,
  variables: Readonly<Record<string, string>>,
): RowProblem | undefined {
  try {
    textTo(content, phone, variables);
    return undefined;
  } catch (error) {
    if (error instanceof CoreError) return wrong('message', error.message);
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
    const earlier = row.problem === undefined ? seen.get(row.phone) : undefined;
    const error =
      earlier === undefined
        ? recipientProblem(content, row, fields)
        : ({
            code: 'campaign.duplicate',
            message: `The same recipient is at index ${earlier}.`,
            field: 'phone',
          } as const);
    if (error !== undefined) errors.push({ index, phone: row.phone, error });
    else {
      seen.set(row.phone, index);
      recipients.push(row);
    }
  });
  return { recipients, errors };
}
