import { keepPresented, sendFile, type RouteTable } from '#apis/http/index.js';
import { CallParams, CallReply, ListQuery, PlaceCallsBody, PlacedCall } from '#apis/outreach/call-schemas.js';
import { CreatedCampaignReply } from '#apis/outreach/campaign-schemas.js';
import { isBatch, parseBatch } from '#apis/outreach/parse-batch.js';
import { presentCreated } from '#apis/outreach/present-campaign.js';
import { parseCall } from '#apis/outreach/parse-call.js';
import { parseInstant } from '#apis/outreach/parse-time.js';
import { presentCall, presentPlaced, presentStory } from '#apis/outreach/present-call.js';
import Type from 'typebox';
import type { Caller } from '#core/accounts/index.js';
import { createCampaign } from '#core/campaigns/index.js';
import {
  cancelCall,
  deleteRecording,
  findCall,
  findRecording,
  listCalls,
  noRecording,
  placeCall,
} from '#core/calls/index.js';

const tag = 'Calls';
/** Ten thousand destinations with their variables. */
const BATCH_BYTES = 20_000_000;

export function callRoutes(table: RouteTable<Caller>): void {
  table.post('/calls', {
    id: 'placeCall',
    tag,
    summary: 'Place a call',
    description:
      'Queued at once; its progress comes by webhook, or from `GET /api/v1/calls/{id}`. Many become a campaign, whose rows that cannot be taken are in `errors`.',
    scope: 'calls:write',
    body: PlaceCallsBody,
    bodyLimitBytes: BATCH_BYTES,
    status: 201,
    returns: Type.Union([PlacedCall, CreatedCampaignReply]),
    together: async ({ core, auth, body }, keep) => {
      if (isBatch(body)) return undefined;
      const call = await core.intake.accept(parseCall(body, auth), keepPresented(keep, presentPlaced));
      return call === undefined || call === 'in_flight' ? call : presentPlaced(call);
    },
    handle: async ({ core, auth, body }) =>
      isBatch(body)
        ? presentCreated(await createCampaign(core, parseBatch(body, auth)), 'to')
        : presentPlaced(await placeCall(core, parseCall(body, auth))),
  });

  table.get('/calls', {
    id: 'listCalls',
    tag,
    summary: 'List calls, the newest first',
    scope: 'calls:read',
    query: ListQuery,
    handle: async ({ core, auth, query }) => {
      const { calls, next } = await listCalls(core, auth, {
        limit: query.limit,
        after: query.cursor,
        direction: query.direction,
        status: query.status,
        to: query.to,
        from: query.from,
        createdAfter:
          query.created_after === undefined ? undefined : parseInstant('created_after', query.created_after),
        createdBefore:
          query.created_before === undefined ? undefined : parseInstant('created_before', query.created_before),
      });
      return { calls: calls.map(presentCall), next_cursor: next ?? null };
    },
  });

  table.get('/calls/:id', {
    id: 'getCall',
    tag,
    summary: 'Everything about one call',
    scope: 'calls:read',
    params: CallParams,
    returns: CallReply,
    handle: async ({ core, auth, params }) =>
      presentStory(await findCall(core, auth, params.id), core.settings.publicUrl),
  });

  table.post('/calls/:id/cancel', {
    id: 'cancelCall',
    tag,
    summary: 'Cancel a call',
    description: 'A waiting call ends at once. One in progress is hung up and ends a moment later.',
    scope: 'calls:write',
    params: CallParams,
    returns: CallReply,
    handle: async ({ core, auth, params }) => presentCall(await cancelCall(core, auth, params.id)),
  });

  table.get('/calls/:id/recording', {
    id: 'getRecording',
    tag,
    summary: 'The recording, as WAV',
    description: 'Parts: `Range`.',
    scope: 'calls:read',
    params: CallParams,
    returnsType: 'audio/wav',
    handle: async ({ core, auth, params, ...handling }) => {
      const { file, bytes } = await findRecording(core, auth, params.id);
      const open = (part: { first: number; last: number }) => core.recordings.open(file, part);
      return sendFile(handling, {
        type: 'audio/wav',
        bytes,
        byLink: undefined,
        open,
        gone: () => noRecording(params.id),
      });
    },
  });

  table.delete('/calls/:id/recording', {
    id: 'deleteRecording',
    tag,
    summary: 'Delete the recording for good',
    scope: 'calls:write',
    params: CallParams,
    handle: async ({ core, auth, params }) => {
      await deleteRecording(core, auth, params.id);
      return undefined;
    },
  });
}
