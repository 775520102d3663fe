import { createHmac } from 'node:crypto';
import Type, { type TSchema } from 'typebox';
import { presentCallId } from '#apis/verify/call-id.js';
import { presentTime } from '#apis/verify/present-object.js';
import type { Dialect, Event, EventType } from '#core/events.js';

/** Of endpoint webhooks and of integration events, as stored with a subscription. */
export const ENDPOINT_DIALECT = 'verify';
export const INTEGRATION_DIALECT = 'verify-events';

type Names = Readonly<Record<string, readonly EventType[]>>;

const ENDPOINT_EVENTS = {
  'call.completed': ['call.completed', 'call.voicemail', 'call.no_answer', 'call.failed', 'call.canceled'],
  'otp.completed': ['verification.delivered'],
  'otp.failed': ['verification.failed'],
  'otp.verified': ['verification.checked'],
} as const satisfies Names;

const INTEGRATION_EVENTS = {
  'call.completed': ['call.completed', 'call.voicemail'],
  'call.missed': ['call.no_answer'],
  'call.started': ['call.dialing'],
  'voicemail.received': ['voicemail.received'],
  'contact.created': ['contact.created'],
  'sms.received': ['message.received'],
} as const satisfies Names;

/** Core's ends of a call in the words of endpoint webhooks. */
const CALL_STATUS: Record<string, string> = {
  completed: 'completed',
  voicemail: 'completed',
  no_answer: 'no-answer',
  busy: 'busy',
  rejected: 'missed',
  failed: 'failed',
  canceled: 'ended',
};

/** Endpoint webhooks: `{event, created_at, data}`, signed in `telroi-signature`. */
export const ENDPOINT_WEBHOOKS: Dialect = {
  events: ENDPOINT_EVENTS,
  ownSecret: true,
  render(event) {
    const name = nameOf(ENDPOINT_EVENTS, event);
    const data = name === undefined ? undefined : endpointData(event);
    if (data === undefined) return undefined;
    return {
      body: { event: name, created_at: presentTime(event.at), data },
      headers: { 'user-agent': 'Telroi-Webhooks/1' },
      sign: (raw, secret) => ({ 'telroi-signature': hexHmac(raw, secret) }),
    };
  },
};

/** Integration events: `{event, tenantId, firedAt, data}`, signed in `X-Telroi-Signature` where a secret was given. */
export const INTEGRATION_WEBHOOKS: Dialect = {
  events: INTEGRATION_EVENTS,
  render(event) {
    const name = nameOf(INTEGRATION_EVENTS, event);
    const data = name === undefined ? undefined : integrationData(event);
    if (data === undefined) return undefined;
    return {
      body: { event: name, tenantId: event.accountId, firedAt: presentTime(event.at), data },
      headers: { 'user-agent': 'Telroi-Events/1.0' },
      sign: (raw, secret) => ({ 'x-telroi-signature': hexHmac(raw, secret) }),
    };
  },
};

function nameOf(names: Names, { type, data }: Event): string | undefined {
  // Calls between people are the phone system's to tell.
  if (data['kind'] === 'flow') return undefined;
  return Object.keys(names).find((name) => names[name]?.includes(type));
}

/** Of the raw body; the key is the secret's whole text. */
function hexHmac(raw: string, secret: string): string {
  return createHmac('sha256', secret).update(raw).digest('hex');
}

function endpointData({ type, subject, mode, data }: Event): Record<string, unknown> | undefined {
  const otp = { id: subject, to: data['to'] };
  switch (type) {
    case 'verification.delivered':
      return { ...otp, status: 'delivered', client_supplied: data['clientSupplied'] };
    case 'verification.failed':
      return { ...otp, status: 'failed', reason: data['reason'] ?? null };
    case 'verification.checked':
      return { ...otp, verified: data['verified'] };
    default:
      return {
        callid: presentCallId(subject, mode),
        direction: 'out',
        phone: data['to'],
        status: data['reason'] === 'suppressed' ? 'blacklisted' : CALL_STATUS[String(data['status'])],
        duration_seconds: data['durationSeconds'] ?? 0,
        carrier: null,
      };
  }
}

function integrationData({ type, subject, mode, data }: Event): Record<string, unknown> | undefined {
  const call = { callid: presentCallId(subject, mode), phone: data['to'], direction: 'outbound' };
  switch (type) {
    case 'call.dialing':
      // Once a call, however often it is tried; 0 where ours are rung before anybody outside is tried.
      return Number(data['attempts']) + Number(data['putBacks'] ?? 0) <= 1 ? call : undefined;
    case 'call.completed':
    case 'call.voicemail':
    case 'call.no_answer':
      return { ...call, durationSec: data['durationSeconds'] ?? 0, outcome: data['status'] };
    case 'voicemail.received':
      return {
        id: subject,
        phone: data['from'],
        to: data['to'],
        durationSec: data['durationSeconds'],
        transcript: data['transcript'] ?? null,
      };
    case 'message.received':
      return { id: subject, phone: data['from'], to: data['to'], text: data['text'] };
    case 'contact.created':
      // The contact was removed meanwhile, and what this said with it.
      if (data['phone'] === undefined) return undefined;
      return {
        id: subject,
        ...Object.fromEntries(CONTACT_FIELDS.map((field) => [field, data[field] ?? null])),
      };
    default:
      return undefined;
  }
}

const CONTACT_FIELDS = ['phone', 'name', 'company', 'email', 'city', 'region', 'country'] as const;

const Text = Type.String();
const Maybe = (schema: TSchema) => Type.Union([schema, Type.Null()]);
const Seconds = Type.Integer({ description: 'Between answer and end.' });
const Otp = { id: Text, to: Text };
const Call = { callid: Text, phone: Text, direction: Type.Literal('outbound') };
const CallEnd = { ...Call, durationSec: Seconds, outcome: Type.String({ description: 'How the call ended.' }) };

function endpointWebhook(event: keyof typeof ENDPOINT_EVENTS, summary: string, data: Record<string, TSchema>) {
  const body = Type.Object({ event: Type.Literal(event), created_at: Text, data: Type.Object(data) });
  return { summary, description: 'An endpoint webhook, signed in `telroi-signature`.', body };
}

function integrationEvent(event: keyof typeof INTEGRATION_EVENTS, summary: string, data: Record<string, TSchema>) {
  const body = Type.Object({ event: Type.Literal(event), tenantId: Text, firedAt: Text, data: Type.Object(data) });
  const signed = 'An integration event, signed in `X-Telroi-Signature` where a secret was given.';
  return { summary, description: signed, body };
}

/** For the OpenAPI document. */
export const VERIFY_WEBHOOKS: Record<string, { summary: string; description: string; body: TSchema }> = {
  'call.completed': endpointWebhook('call.completed', 'A call ended, however it did.', {
    callid: Text,
    direction: Type.Literal('out'),
    phone: Text,
    status: Type.Enum([...new Set([...Object.values(CALL_STATUS), 'blacklisted'])]),
    duration_seconds: Seconds,
    carrier: Type.Null({ description: 'Not told.' }),
  }),
  'otp.completed': endpointWebhook('otp.completed', 'A code was spoken to its end.', {
    ...Otp,
    status: Type.Literal('delivered'),
    client_supplied: Type.Boolean({ description: 'The code was yours.' }),
  }),
  'otp.failed': endpointWebhook('otp.failed', 'A code could not be spoken.', {
    ...Otp,
    status: Type.Literal('failed'),
    reason: Maybe(Text),
  }),
  'otp.verified': endpointWebhook('otp.verified', 'A code was given, right or wrong.', {
    ...Otp,
    verified: Type.Boolean(),
  }),
  'integration call.completed': integrationEvent('call.completed', 'An answered call ended.', CallEnd),
  'integration call.missed': integrationEvent(
    'call.missed',
    'Nobody answered, the line was busy, or the call was declined.',
    CallEnd,
  ),
  'integration call.started': integrationEvent('call.started', 'A call is being dialled.', Call),
  'integration voicemail.received': integrationEvent('voicemail.received', 'Somebody left a message.', {
    id: Text,
    phone: Text,
    to: Text,
    durationSec: Type.Integer(),
    transcript: Maybe(Text),
  }),
  'integration contact.created': integrationEvent('contact.created', 'A contact is new.', {
    id: Text,
    ...Object.fromEntries(CONTACT_FIELDS.map((field) => [field, field === 'phone' ? Text : Maybe(Text)])),
  }),
  'integration sms.received': integrationEvent('sms.received', 'A text came in.', {
    id: Text,
    phone: Text,
    to: Text,
    text: Text,
  }),
};
