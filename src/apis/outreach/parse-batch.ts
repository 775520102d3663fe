import type { Static } from 'typebox';
import { HttpProblem } from '#apis/http/problem.js';
import { OneCall, type PlaceCallsBody } from '#apis/outreach/call-schemas.js';
import { DIALECT } from '#apis/outreach/parse-call.js';
import { parseContent, parseVariables } from '#apis/outreach/parse-campaign.js';
import { rowReader } from '#apis/outreach/parse-row.js';
import { parseInstant } from '#apis/outreach/parse-time.js';
import type { Caller } from '#core/accounts/index.js';
import type { NewCampaign, NewRecipient } from '#core/campaigns/index.js';

export type CallsBody = Static<typeof PlaceCallsBody>;

/** Whether a body of `POST /calls` asks for more than one call. */
export function isBatch(body: CallsBody): boolean {
  return Array.isArray(body.to) || body.calls !== undefined;
}

/** Many calls are a campaign: it begins at once or at its time, and has no hours, no end and no further tries. */
export function parseBatch(body: CallsBody, auth: Pick<Caller, 'accountId' | 'mode'>): NewCampaign {
  const contacts = recipients(body);
  const at = body.schedule_at === undefined ? undefined : parseInstant('schedule_at', body.schedule_at);
  return {
    accountId: auth.accountId,
    mode: auth.mode,
    name: `${contacts.length} calls from ${body.from}`,
    channel: 'voice',
    purpose: 'transactional',
    senders: [body.from],
    content: parseContent(body),
    contacts,
    contactsField: body.calls === undefined ? 'to' : 'calls',
    startAt: at,
    webhookUrl: body.webhook_url,
    dialect: DIALECT,
    metadata: body.metadata,
  };
}

function recipients(body: CallsBody): NewRecipient[] {
  if (body.calls === undefined) return [body.to ?? []].flat().map((to) => readCall({ to }));
  if (body.to !== undefined) {
    throw new HttpProblem('invalid_input', 'Give the numbers in to or in calls, and not in both.', { field: 'to' });
  }
  return body.calls.map(readCall);
}

const readCall = rowReader(OneCall, 'to', ({ to, variables, metadata }): NewRecipient => ({
  phone: to,
  ...(variables === undefined ? {} : { variables: parseVariables(variables) }),
  ...(metadata === undefined ? {} : { metadata }),
}));
