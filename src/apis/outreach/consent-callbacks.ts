import Type, { type TSchema } from 'typebox';
import { presentTime } from '#apis/outreach/parse-time.js';
import type { Event } from '#core/events.js';

/** The bodies of texts that come in, and of what people want to hear no more of, or again. */
export function renderConsentEvent(event: Event): Record<string, unknown> | undefined {
  const { data } = event;
  switch (event.type) {
    case 'message.received':
      return {
        event: 'sms.received',
        sms_id: event.subject,
        from: data['from'],
        to: data['to'],
        text: data['text'] ?? null,
        segments: data['segments'],
        in_reply_to: data['inReplyTo'] ?? null,
        ...closing(event),
      };
    case 'contact.opted_out':
      return { event: 'contact.optout', ...change(event), digit: data['digit'] ?? null, ...closing(event) };
    case 'contact.opted_in':
      return { event: 'contact.optin', ...change(event), ...closing(event) };
    default:
      return undefined;
  }
}

function change({ data }: Event) {
  return {
    call_id: data['callId'] ?? null,
    sms_id: data['messageId'] ?? null,
    to: data['address'] ?? null,
    from: data['from'] ?? null,
    source: data['source'],
    scope: data['scope'] ?? 'outreach',
    channel: data['channel'] ?? 'all',
  };
}

function closing({ data, at }: Event) {
  return { metadata: data['metadata'] ?? null, timestamp: presentTime(at) };
}

const Text = Type.String();
const Maybe = (schema: TSchema) => Type.Union([schema, Type.Null()]);
const Changed = {
  call_id: Maybe(Type.String({ description: 'The call in which it was said.' })),
  sms_id: Maybe(Type.String({ description: 'The text that said it.' })),
  to: Maybe(Type.String({ description: 'The person; null once they were erased.' })),
  from: Maybe(Type.String({ description: 'Your number that they answered.' })),
  source: Type.String({ description: '`key`, `text`, `free_text`, `owner` or `contact`.' }),
  scope: Type.String({ description: '`marketing`, `outreach` (marketing and transactional) or `all`.' }),
  channel: Type.String({ description: '`all`, `voice` or `sms`.' }),
};
const Closing = { metadata: Maybe(Type.Record(Text, Type.Unknown())), timestamp: Text };

/** For the OpenAPI document; the same names as above. */
export const CONSENT_WEBHOOKS: Record<string, { summary: string; body: TSchema }> = {
  'contact.optout': {
    summary: 'The person opted out.',
    body: Type.Object({ event: Type.Literal('contact.optout'), ...Changed, digit: Maybe(Text), ...Closing }),
  },
  'contact.optin': {
    summary: 'An opt-out was lifted: by the person’s own START, or by you with a reason.',
    body: Type.Object({ event: Type.Literal('contact.optin'), ...Changed, ...Closing }),
  },
  'sms.received': {
    summary: 'A text came in; it does not wait for pictures that came with it.',
    body: Type.Object({
      event: Type.Literal('sms.received'),
      sms_id: Text,
      from: Text,
      to: Text,
      text: Maybe(Text),
      segments: Type.Integer(),
      in_reply_to: Maybe(Type.String({ description: 'Your last call or text to them from this number.' })),
      ...Closing,
    }),
  },
};
