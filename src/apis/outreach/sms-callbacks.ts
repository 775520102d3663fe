import Type, { type TSchema } from 'typebox';
import { presentTime } from '#apis/outreach/parse-time.js';
import type { Event, EventRenderer, EventType } from '#core/events.js';

/** What becomes of a text, by the names of this door. */
const SMS_EVENTS = {
  'message.sent': 'sms.sent',
  'message.delivered': 'sms.delivered',
  'message.failed': 'sms.failed',
} as const satisfies Partial<Record<EventType, string>>;

/** The bodies that a text's `webhook_url` receives. */
export const renderSmsEvent: EventRenderer = (event: Event) => {
  const name = SMS_EVENTS[event.type as keyof typeof SMS_EVENTS] as string | undefined;
  if (name === undefined) return undefined;
  const { data } = event;
  const reason = data['reason'] ?? null;
  return {
    body: {
      event: name,
      sms_id: event.subject,
      to: data['to'],
      from: data['from'],
      status: data['status'],
      segments: data['segments'],
      encoding: data['encoding'],
      batch_id: data['batchId'] ?? null,
      campaign_id: data['campaignId'] ?? null,
      error: reason === null ? null : { code: reason, message: data['reasonText'] ?? reason },
      carrier_code: data['carrierCode'] ?? null,
      carrier_detail: data['carrierDetail'] ?? null,
      metadata: data['metadata'] ?? null,
      timestamp: presentTime(event.at),
    },
  };
};

const Text = Type.String();
const Maybe = (schema: TSchema) => Type.Union([schema, Type.Null()]);
const Told = (event: string, status: string) =>
  Type.Object({
    event: Type.Literal(event),
    sms_id: Text,
    to: Text,
    from: Text,
    status: Type.String({ description: status }),
    segments: Type.Integer(),
    encoding: Text,
    batch_id: Maybe(Text),
    campaign_id: Maybe(Text),
    error: Maybe(Type.Object({ code: Text, message: Text })),
    carrier_code: Maybe(Type.String({ description: 'As the carrier or the network says it.' })),
    carrier_detail: Maybe(Text),
    metadata: Maybe(Type.Record(Text, Type.Unknown())),
    timestamp: Text,
  });

/** For the OpenAPI document; the same names as above. */
export const SMS_WEBHOOKS: Record<string, { summary: string; body: TSchema }> = {
  'sms.sent': { summary: 'A carrier took the text.', body: Told('sms.sent', '`sent`') },
  'sms.delivered': { summary: 'The text is on the telephone.', body: Told('sms.delivered', '`delivered`') },
  'sms.failed': {
    summary: 'The text was refused, could not be delivered, or nobody knows whether a carrier took it.',
    body: Told('sms.failed', '`failed`, `undelivered` or `unknown`'),
  },
};
