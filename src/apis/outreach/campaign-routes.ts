import { Readable } from 'node:stream';
import type { RouteTable } from '#apis/http/index.js';
import { HttpProblem } from '#apis/http/problem.js';
import {
  CampaignCallsQuery,
  CampaignListQuery,
  CampaignParams,
  CancelCampaignQuery,
  CreateCampaignBody,
  CreatedCampaignReply,
  RecipientExportQuery,
  RecipientQuery,
  UpdateCampaignBody,
} from '#apis/outreach/campaign-schemas.js';
import { parseCampaign, parseChange } from '#apis/outreach/parse-campaign.js';
import { presentCall } from '#apis/outreach/present-call.js';
import {
  presentCampaign,
  presentCampaignStory,
  presentCreated,
  presentPreview,
  presentRecipient,
  recipientsAsCsv,
} from '#apis/outreach/present-campaign.js';
import type { Caller } from '#core/accounts/index.js';
import { findCall } from '#core/calls/index.js';
import {
  cancelCampaign,
  createCampaign,
  deleteCampaign,
  exportRecipients,
  findCampaign,
  listCampaigns,
  listRecipients,
  listTries,
  pauseCampaign,
  previewCampaign,
  previewNewCampaign,
  resumeCampaign,
  startCampaign,
  updateCampaign,
} from '#core/campaigns/index.js';

const tag = 'Campaigns';
/** Ten thousand recipients with their variables. */
const BODY_BYTES = 20_000_000;

export function campaignRoutes(table: RouteTable<Caller>): void {
  table.post('/campaigns', {
    id: 'createCampaign',
    tag,
    summary: 'Call or text many people',
    description:
      'Begins at once, or at `start_at`, unless `start` is false. Rows that cannot be taken are in `errors`, and stop no other.',
    scope: 'campaigns:write',
    body: CreateCampaignBody,
    bodyLimitBytes: BODY_BYTES,
    status: 201,
    returns: CreatedCampaignReply,
    handle: async ({ core, auth, body }) => presentCreated(await createCampaign(core, parseCampaign(body, auth))),
  });

  table.post('/campaigns/preview', {
    id: 'previewNewCampaign',
    tag,
    summary: 'What a campaign would do, before it is made',
    description: 'The body is that of `POST /api/v1/campaigns`, with `contacts`. Nothing is written.',
    scope: 'campaigns:read',
    body: CreateCampaignBody,
    bodyLimitBytes: BODY_BYTES,
    handle: async ({ core, auth, body }) => {
      if (body.contacts === undefined) {
        throw new HttpProblem(
          'invalid_input',
          'Lists and uploads are previewed once the campaign is there: make a draft.',
          {
            field: 'contacts',
          },
        );
      }
      return presentPreview(await previewNewCampaign(core, parseCampaign(body, auth)));
    },
  });

  table.post('/campaigns/:id/preview', {
    id: 'previewCampaign',
    tag,
    summary: 'Who would be skipped and why, what it costs, how long it takes',
    scope: 'campaigns:read',
    params: CampaignParams,
    handle: async ({ core, auth, params }) => presentPreview(await previewCampaign(core, auth, params.id)),
  });

  table.get('/campaigns', {
    id: 'listCampaigns',
    tag,
    summary: 'List campaigns, the newest first',
    scope: 'campaigns:read',
    query: CampaignListQuery,
    handle: async ({ core, auth, query }) => {
      const { limit, cursor, status, channel } = query;
      const { campaigns, next } = await listCampaigns(core, auth, { limit, after: cursor, status, channel });
      return { campaigns: campaigns.map(presentCampaign), next_cursor: next ?? null };
    },
  });

  table.get('/campaigns/:id', {
    id: 'getCampaign',
    tag,
    summary: 'One campaign: how far it is, and what became of its recipients',
    scope: 'campaigns:read',
    params: CampaignParams,
    handle: async ({ core, auth, params }) => presentCampaignStory(await findCampaign(core, auth, params.id)),
  });

  table.patch('/campaigns/:id', {
    id: 'updateCampaign',
    tag,
    summary: 'Change a draft, scheduled or paused campaign',
    scope: 'campaigns:write',
    params: CampaignParams,
    body: UpdateCampaignBody,
    handle: async ({ core, auth, params, body }) =>
      presentCampaign(await updateCampaign(core, auth, params.id, parseChange(body))),
  });

  table.delete('/campaigns/:id', {
    id: 'deleteCampaign',
    tag,
    summary: 'Delete a draft or an ended campaign with its recipients',
    description: 'Its calls and texts stay.',
    scope: 'campaigns:write',
    params: CampaignParams,
    handle: async ({ core, auth, params }) => {
      await deleteCampaign(core, auth, params.id);
      return undefined;
    },
  });

  const states = [
    ['start', startCampaign, 'Start a draft, or a scheduled campaign before its time'],
    ['pause', pauseCampaign, 'Reach nobody new; calls in progress go on'],
    ['resume', resumeCampaign, 'Go on after a pause'],
  ] as const;
  for (const [verb, change, summary] of states) {
    table.post(`/campaigns/:id/${verb}`, {
      id: `${verb}Campaign`,
      tag,
      summary,
      scope: 'campaigns:write',
      params: CampaignParams,
      handle: async ({ core, auth, params }) => presentCampaign(await change(core, auth, params.id)),
    });
  }

  table.post('/campaigns/:id/cancel', {
    id: 'cancelCampaign',
    tag,
    summary: 'End a campaign for good',
    description: 'Whoever waits is not tried any more. Calls in progress go on unless `hang_up` says otherwise.',
    scope: 'campaigns:write',
    params: CampaignParams,
    query: CancelCampaignQuery,
    handle: async ({ core, auth, params, query }) =>
      presentCampaign(await cancelCampaign(core, auth, params.id, { hangUp: query.hang_up })),
  });

  table.get('/campaigns/:id/recipients', {
    id: 'listCampaignRecipients',
    tag,
    summary: 'The recipients of a campaign, and what became of each',
    scope: 'campaigns:read',
    params: CampaignParams,
    query: RecipientQuery,
    handle: async ({ core, auth, params, query: { cursor, ...filter } }) => {
      const after = cursor === undefined ? undefined : parsePosition(cursor);
      const { recipients, next } = await listRecipients(core, auth, params.id, { ...filter, after });
      return { recipients: recipients.map(presentRecipient), next_cursor: next === undefined ? null : String(next) };
    },
  });

  table.get('/campaigns/:id/recipients/export', {
    id: 'exportCampaignRecipients',
    tag,
    summary: 'The same as a CSV, all of them',
    scope: 'campaigns:read',
    params: CampaignParams,
    query: RecipientExportQuery,
    returnsType: 'text/csv',
    handle: async ({ core, auth, params, query, reply }) => {
      const recipients = await exportRecipients(core, auth, params.id, query);
      reply
        .header('content-disposition', `attachment; filename="${params.id}.csv"`)
        .header('cache-control', 'private, no-store')
        .type('text/csv; charset=utf-8');
      return Readable.from(recipientsAsCsv(recipients));
    },
  });

  table.get('/campaigns/:id/calls', {
    id: 'listCampaignCalls',
    tag,
    summary: 'The calls of a campaign, in the order of its recipients',
    description: 'Of a campaign by text: the ids of its texts.',
    scope: 'campaigns:read',
    params: CampaignParams,
    query: CampaignCallsQuery,
    handle: async ({ core, auth, params, query }) => {
      const after = query.cursor === undefined ? undefined : parseTry(query.cursor);
      const { ids, next, channel } = await listTries(core, auth, params.id, { after, limit: query.limit });
      const next_cursor = next === undefined ? null : `${next.position}.${next.try}`;
      if (channel === 'sms') return { sms: ids.map((id) => ({ sms_id: id })), next_cursor };
      const calls = await Promise.all(ids.map((id) => findCall(core, auth, id)));
      return { calls: calls.map(presentCall), next_cursor };
    },
  });
}

function parsePosition(cursor: string): number {
  if (!/^[0-9]{1,9}$/.test(cursor))
    throw new HttpProblem('invalid_input', 'Not a cursor of ours.', { field: 'cursor' });
  return Number(cursor);
}

function parseTry(cursor: string): { position: number; try: number } {
  const [, position = '', tried = ''] = /^([0-9]{1,9})\.([0-9]{1,4})$/.exec(cursor) ?? [];
  return { position: parsePosition(position), try: Number(tried) };
}
