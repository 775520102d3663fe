import Type, { type TSchema } from 'typebox';
import { presentTime } from '#apis/outreach/parse-time.js';
import { presentCounts } from '#apis/outreach/present-campaign.js';
import type { RecipientCounts } from '#core/campaigns/index.js';
import type { Event, EventRenderer } from '#core/events.js';

/** The bodies that a campaign's `webhook_url` receives; the names are core's own. */
export const renderCampaignEvent: EventRenderer = (event: Event) => {
  if (!Object.hasOwn(CAMPAIGN_WEBHOOKS, event.type)) return undefined;
  const { data } = event;
  const total = Number(data['total'] ?? 0);
  return {
    body: {
      event: event.type,
      campaign_id: event.subject,
      name: data['name'],
      channel: data['channel'],
      purpose: data['purpose'],
      status: data['status'],
      reason: event.type === 'campaign.canceled' ? (data['reason'] ?? null) : null,
      stats: { total, ...presentCounts(data['outcomes'] as RecipientCounts, String(data['channel'])) },
      metadata: data['metadata'] ?? null,
      timestamp: presentTime(event.at),
    },
  };
};

const Text = Type.String();
const Told = (event: string, status: string) =>
  Type.Object({
    event: Type.Literal(event),
    campaign_id: Text,
    name: Text,
    channel: Text,
    purpose: Text,
    status: Type.String({ description: status }),
    reason: Type.Union([Text, Type.Null()], { description: 'Why it was canceled.' }),
    stats: Type.Record(Text, Type.Unknown(), { description: 'As in `GET /api/v1/campaigns/{id}`.' }),
    metadata: Type.Union([Type.Record(Text, Type.Unknown()), Type.Null()]),
    timestamp: Text,
  });

/** For the OpenAPI document; the same names as above. */
export const CAMPAIGN_WEBHOOKS: Record<string, { summary: string; body: TSchema }> = {
  'campaign.started': { summary: 'The campaign began.', body: Told('campaign.started', '`running`') },
  'campaign.paused': { summary: 'The campaign was paused.', body: Told('campaign.paused', '`paused`') },
  'campaign.completed': {
    summary: 'Nobody of the campaign is left to be reached, or its end has come.',
    body: Told('campaign.completed', '`completed`'),
  },
  'campaign.canceled': { summary: 'The campaign was canceled.', body: Told('campaign.canceled', '`canceled`') },
};
