import { fillTemplate, newCall, type NewCall } from '#core/calls/index.js';
import type { CampaignContent, CampaignRow } from '#core/campaigns/campaign.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { CAMPAIGN_PRIORITY } from '#core/purpose.js';
import { encodeText, MOST_SEGMENTS, tablesFor, type EncodedText } from '#core/segments/index.js';

export type Variables = Readonly<Record<string, string>>;

/** The `{FIELDS}` that everybody's message has. */
export function fieldsOf({ message = '', machine }: CampaignContent): string[] {
  const { missing } = fillTemplate(`${message} ${machine?.message ?? ''}`, {});
  return missing;
}

/** The values of the fields for one recipient: their own before those of all, the case of names as it is, then any. */
export function valuesFor(fields: readonly string[], { variables = {} }: CampaignContent, own: Variables): Variables {
  const found = fields.flatMap((field) => {
    const value = lookUp(own, field) ?? lookUp(variables, field);
    return value === undefined ? [] : [[field, value] as const];
  });
  return Object.fromEntries(found);
}

function lookUp(values: Variables, field: string): string | undefined {
  if (Object.hasOwn(values, field)) return values[field];
  const wanted = field.toLowerCase();
  return Object.entries(values).find(([name]) => name.toLowerCase() === wanted)?.[1];
}

/** Whose try it is, and when it may leave. */
export interface Person {
  position: number;
  phone: string;
  variables: Variables;
  metadata: Record<string, unknown> | null;
  /** Of this try, from 1. */
  try: number;
  dueAt: Date;
}

type Campaigning = Pick<
  CampaignRow,
  'id' | 'account_id' | 'mode' | 'purpose' | 'content' | 'webhook_url' | 'dialect' | 'metadata' | 'senders'
>;

/** The call to one recipient. @throws CoreError `call.bad_input` where the message cannot be made for them */
export function callTo(
  core: Pick<Core, 'clock' | 'speech' | 'settings'>,
  campaign: Campaigning,
  person: Person,
): NewCall {
  const { content } = campaign;
  const call = newCall(core, {
    ...content,
    variables: valuesFor(fieldsOf(content), content, person.variables),
    accountId: campaign.account_id,
    mode: campaign.mode,
    to: person.phone,
    from: senderFor(campaign.senders, person),
    webhookUrl: campaign.webhook_url ?? undefined,
    dialect: campaign.dialect,
    purpose: campaign.purpose,
    metadata: person.metadata ?? campaign.metadata ?? undefined,
  });
  return {
    ...call,
    priority: CAMPAIGN_PRIORITY,
    due_at: person.dueAt,
    campaign_id: campaign.id,
    recipient: person.position,
    try: person.try,
  };
}

/** Of a pool always the same one for the same recipient. */
function senderFor(senders: readonly string[], { position }: Person): string {
  const sender = senders[position % senders.length];
  if (sender === undefined) throw new Error('a campaign without a sender');
  return sender;
}

/** The text to one recipient. @throws CoreError `campaign.bad_input` where it cannot be made for them */
export function textTo(content: CampaignContent, phone: string, own: Variables): EncodedText {
  const { text, missing } = fillTemplate(content.message ?? '', valuesFor(fieldsOf(content), content, own));
  if (missing[0] !== undefined) {
    throw new CoreError('campaign.bad_input', `The message uses {${missing.join('}, {')}}, which has no value.`, {
      field: `variables.${missing[0]}`,
    });
  }
  if (text.trim() === '') throw new CoreError('campaign.bad_input', 'The message is empty.', { field: 'message' });
  const encoded = encodeText(text, { tables: tablesFor(phone) });
  if (encoded.segments > MOST_SEGMENTS) {
    throw new CoreError(
      'campaign.bad_input',
      `The text has ${encoded.segments} segments; the most is ${MOST_SEGMENTS}.`,
      { field: 'message' },
    );
  }
  return encoded;
}
