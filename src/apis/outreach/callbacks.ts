import Type, { type TSchema } from 'typebox';
import { CONSENT_WEBHOOKS, renderConsentEvent } from '#apis/outreach/consent-callbacks.js';
import { presentTime } from '#apis/outreach/parse-time.js';
import { CAMPAIGN_WEBHOOKS, renderCampaignEvent } from '#apis/outreach/campaign-callbacks.js';
import { IMPORT_WEBHOOKS, renderImportEvent } from '#apis/outreach/import-callbacks.js';
import { renderSmsEvent, SMS_WEBHOOKS } from '#apis/outreach/sms-callbacks.js';
import { renderTroubleEvent, TROUBLE_WEBHOOKS } from '#apis/outreach/trouble-callbacks.js';
import { presentQuality, presentVerdicts, presentVoicemail } from '#apis/outreach/present-answer.js';
import type { CallQuality } from '#core/calls/index.js';
import type { Verdict } from '#core/tables.js';
import type { Dialect, Event, EventRenderer, EventType } from '#core/events.js';

/** Core's events by the names of this door; also used in a call's list of events. */
export const EVENT_NAMES = {
  'call.dialing': 'call.dialing',
  'call.ringing': 'call.ringing',
  'call.answered': 'call.answered',
  'call.digit': 'call.dtmf',
  'call.completed': 'call.completed',
  'call.voicemail': 'call.voicemail',
  'call.no_answer': 'call.no_answer',
  'call.failed': 'call.failed',
  'call.canceled': 'call.canceled',
  'contact.opted_out': 'contact.optout',
  'contact.opted_in': 'contact.optin',
  'message.received': 'sms.received',
} as const satisfies Partial<Record<EventType, string>>;

const STATUS = { completed: 'answered' } as Record<string, string>;

/** The body that a call's `webhook_url` receives. */
export const renderOutreachEvent: EventRenderer = (event) => {
  // Calls between people are the phone system's to tell.
  if (event.data['kind'] === 'flow') return undefined;
  switch (event.type) {
    case 'call.answered':
      return { body: { ...opening(event), from: event.data['from'], status: 'answered', ...closing(event) } };
    case 'call.digit':
      return {
        body: {
          event: 'call.dtmf',
          call_id: event.subject,
          to: event.data['to'],
          from: event.data['from'],
          digit: event.data['digit'],
          ...closing(event),
        },
      };
    case 'call.completed':
    case 'call.voicemail':
    case 'call.no_answer':
    case 'call.failed':
    case 'call.canceled':
      return { body: ended(event) };
    case 'contact.opted_out':
    case 'contact.opted_in':
    case 'message.received':
      return { body: renderConsentEvent(event) };
    default:
      return (
        renderSmsEvent(event) ?? renderCampaignEvent(event) ?? renderImportEvent(event) ?? renderTroubleEvent(event)
      );
  }
};

function opening(event: Event) {
  return { event: EVENT_NAMES[event.type as keyof typeof EVENT_NAMES], call_id: event.subject, to: event.data['to'] };
}

function closing(event: Event) {
  return { metadata: event.data['metadata'] ?? null, timestamp: presentTime(event.at) };
}

function ended(event: Event) {
  const { data } = event;
  const status = String(data['status']);
  return {
    ...opening(event),
    from: data['from'],
    status: STATUS[status] ?? status,
    duration_seconds: data['durationSeconds'] ?? 0,
    dtmf_response: data['actedDigit'] ?? null,
    digits: data['digits'],
    amd_result: data['answeredBy'] ?? 'unknown',
    voicemail: presentVoicemail(data['messageLeft'] as boolean | null | undefined),
    machine_detection: presentVerdicts((data['verdicts'] ?? []) as Verdict[]),
    quality: presentQuality((data['quality'] ?? undefined) as CallQuality | undefined),
    attempts: data['attempts'],
    error: data['reason'] === null ? null : { code: data['reason'], message: data['reasonText'] },
    sip_code: data['sipCode'] ?? null,
    campaign_id: data['campaignId'] ?? null,
    ...closing(event),
  };
}

const Text = Type.String();
const Maybe = (schema: TSchema) => Type.Union([schema, Type.Null()]);
const Ended = (event: string, status: string) =>
  Type.Object({
    event: Type.Literal(event),
    call_id: Text,
    to: Text,
    from: Text,
    status: Type.String({ description: status }),
    duration_seconds: Type.Integer({ description: 'Seconds between answer and end.' }),
    dtmf_response: Maybe(Type.String({ description: 'The last key that had an action.' })),
    digits: Type.String({ description: 'All keys pressed.' }),
    amd_result: Type.String({
      description:
        'Who answered: `human`, `machine`, `fax`, `unknown`; beyond these `network` (an announcement of the network), ' +
        '`screening` (an assistant that asks who is calling), `silence`.',
    }),
    voicemail: Maybe(Type.Object({ message_left: Type.Boolean() })),
    machine_detection: Type.Array(Type.Record(Text, Type.Unknown()), {
      description: 'Every verdict in order, with what it rests on.',
    }),
    quality: Maybe(
      Type.Record(Text, Type.Unknown(), { description: 'Of the sound: loss, jitter, `mos`, round trip.' }),
    ),
    attempts: Type.Integer(),
    error: Maybe(Type.Object({ code: Text, message: Text })),
    sip_code: Maybe(Type.Integer()),
    campaign_id: Maybe(Text),
    metadata: Maybe(Type.Record(Text, Type.Unknown())),
    timestamp: Text,
  });
const Told = (event: string, more: Record<string, TSchema>) =>
  Type.Object({
    event: Type.Literal(event),
    call_id: Text,
    to: Text,
    from: Text,
    ...more,
    metadata: Maybe(Type.Record(Text, Type.Unknown())),
    timestamp: Text,
  });

/** For the OpenAPI document; the same names as above. */
export const OUTREACH_WEBHOOKS: Record<string, { summary: string; body: TSchema }> = {
  'call.completed': { summary: 'An answered call ended.', body: Ended('call.completed', '`answered`') },
  'call.voicemail': {
    summary: 'A machine answered; a message was left, or it was hung up on.',
    body: Ended('call.voicemail', '`voicemail`'),
  },
  'call.no_answer': {
    summary: 'Nobody answered, the line was busy, or the call was declined.',
    body: Ended('call.no_answer', '`no_answer`, `busy` or `rejected`'),
  },
  'call.failed': { summary: 'The call could not be placed, or broke.', body: Ended('call.failed', '`failed`') },
  'call.canceled': { summary: 'The call was canceled before its answer.', body: Ended('call.canceled', '`canceled`') },
  'call.answered': { summary: 'The call was answered.', body: Told('call.answered', { status: Text }) },
  'call.dtmf': { summary: 'A key was pressed.', body: Told('call.dtmf', { digit: Text }) },
  ...SMS_WEBHOOKS,
  ...CAMPAIGN_WEBHOOKS,
  ...CONSENT_WEBHOOKS,
  ...IMPORT_WEBHOOKS,
  ...TROUBLE_WEBHOOKS,
};

/** Of core's events that this door calls otherwise. */
const CORE_TYPES: Readonly<Record<string, EventType>> = {
  'call.dtmf': 'call.digit',
  'contact.optout': 'contact.opted_out',
  'contact.optin': 'contact.opted_in',
};

function coreType(name: string): EventType {
  return CORE_TYPES[name] ?? (name.replace(/^sms\./, 'message.') as EventType);
}

/** What requests' webhooks and registered endpoints are told, in this door's words. */
export const OUTREACH_DIALECT: Dialect = {
  render: renderOutreachEvent,
  events: Object.fromEntries(Object.keys(OUTREACH_WEBHOOKS).map((name) => [name, [coreType(name)]])),
  ownSecret: true,
};
