import Type, { type TSchema } from 'typebox';
import { AttachmentObject } from '#apis/phone-system/present-attachment.js';
import type { Dialect, Event, EventType } from '#core/events.js';
import { TROUBLE_KINDS } from '#core/trouble/index.js';

/** As stored with a subscription. */
export const DIALECT = 'phone_system';

const CALL_ENDS = ['call.completed', 'call.voicemail', 'call.no_answer', 'call.failed', 'call.canceled'] as const;

/** What can be subscribed to, one in a subscription. */
export const SUBSCRIPTION_EVENTS = {
  new_text_message: ['message.received', 'message.sent'],
  new_call_record: CALL_ENDS,
  new_voicemail: ['voicemail.received'],
  call_completed: CALL_ENDS,
  /** Ours: somebody at a phone of the account calls for help. */
  emergency_call: ['call.emergency'],
  /** Ours: something needs the owners, or does no more. */
  trouble: ['trouble.began', 'trouble.ended'],
} as const satisfies Record<string, readonly EventType[]>;

/** Purposes of calls that are in the history. */
const BETWEEN_PEOPLE = ['person', 'emergency'];

/**
 * Bare objects, without their type and without an id, as clients of this API expect them; whoever subscribes can put a
 * word of their own into the URL. Beside what they are used to there are the headers of every delivery of ours.
 */
export const PHONE_SYSTEM_DIALECT: Dialect = {
  events: SUBSCRIPTION_EVENTS,
  oneEventEach: true,
  showsFiles: true,
  render(event) {
    const body = bodyOf(event);
    return body === undefined ? undefined : { body };
  },
};

function bodyOf(event: Event): Record<string, unknown> | undefined {
  const { data } = event;
  switch (event.type) {
    case 'message.received':
      return textBody(event, 'incoming');
    case 'message.sent':
      // What people of the account wrote; a campaign's are told of where it was made.
      return data['purpose'] === 'person' ? textBody(event, 'outgoing') : undefined;
    case 'voicemail.received':
      return {
        datetime: timeOf(data['createdAt'], event),
        // Nobody spoke with whoever left it.
        call_result: 'missed',
        duration: data['durationSeconds'] ?? 0,
        called_number: data['to'],
        caller_number: data['from'],
        transcription: data['transcript'] ?? null,
        mailbox_name: data['mailboxName'] ?? null,
      };
    case 'call.emergency':
      return {
        datetime: timeOf(undefined, event),
        called_number: data['number'],
        phone: data['phone'],
        user_name: data['user'],
        callback_number: data['callback'],
        location: data['location'] ?? null,
      };
    case 'trouble.began':
    case 'trouble.ended':
      return {
        datetime: timeOf(data['since'], event),
        state: event.type === 'trouble.began' ? 'began' : 'ended',
        ...{ kind: data['kind'], name: data['name'], detail: data['detail'] },
      };
    default:
      return BETWEEN_PEOPLE.includes(String(data['purpose'])) ? callBody(event) : undefined;
  }
}

function callBody(event: Event): Record<string, unknown> {
  const { data } = event;
  return {
    datetime: timeOf(data['createdAt'], event),
    call_result: data['result'] ?? 'missed',
    direction: data['direction'] === 'in' ? 'inbound' : 'outbound',
    duration: data['durationSeconds'] ?? 0,
    caller_number: data['from'],
    called_number: data['to'],
    caller_cname: data['callerName'] ?? data['from'],
  };
}

function textBody(event: Event, direction: 'incoming' | 'outgoing'): Record<string, unknown> {
  const { data } = event;
  return {
    datetime: timeOf(data['createdAt'], event),
    direction,
    from_number: data['from'],
    to_number: data['to'],
    body: data['text'] ?? '',
    attachments: filesOf(data['attachments']),
  };
}

/** The courier of webhooks has put the links in. */
function filesOf(told: unknown): Record<string, unknown>[] {
  const files = Array.isArray(told) ? (told as { id: string; mediaType: string; link?: string }[]) : [];
  return files.map(({ id, mediaType, link = '' }) => ({ id, fileType: mediaType, file_type: mediaType, link }));
}

/** When the thing itself began, as the lists say it; whole seconds, with the offset in full (rule 29). */
function timeOf(written: unknown, event: Event): string {
  const at = typeof written === 'string' ? new Date(written) : event.at;
  return at.toISOString().replace(/\.\d+Z$/, '+00:00');
}

const Text = Type.String();
const Moment = Type.String({ examples: ['2026-09-20T15:04:05+00:00'] });
const Result = Type.Enum(['answered', 'missed', 'hangup']);
const Seconds = Type.Integer({ description: 'Between answer and end.' });
const CallBody = Type.Object({
  datetime: Moment,
  call_result: Result,
  direction: Type.Enum(['inbound', 'outbound']),
  duration: Seconds,
  caller_number: Text,
  called_number: Text,
  caller_cname: Type.String({ description: 'The number again where no name is known.' }),
});

/** For the OpenAPI document. */
export const PHONE_SYSTEM_WEBHOOKS: Record<string, { summary: string; description?: string; body: TSchema }> = {
  emergency_call: {
    summary: 'Somebody at a phone of the account calls an emergency number, now.',
    body: Type.Object({
      datetime: Moment,
      called_number: Text,
      phone: Text,
      user_name: Text,
      callback_number: Text,
      location: Type.Union([Text, Type.Null()], {
        description: 'Where the phone stands, as it was set; null: not known.',
      }),
    }),
  },
  trouble: {
    summary:
      'Something needs the owners: a trunk is down, or other trouble. Told once when it begins, and when it is over.',
    body: Type.Object({
      datetime: Type.String({ description: 'When it began.', examples: ['2026-09-20T15:04:05+00:00'] }),
      state: Type.Enum(['began', 'ended']),
      kind: Type.Enum([...TROUBLE_KINDS]),
      name: Text,
      detail: Type.String({ description: 'A sentence for people.' }),
    }),
  },
  new_text_message: {
    summary: 'A text came in, or one that somebody of the account wrote has left.',
    description:
      'Whoever answers texts by themselves looks at `direction` first. One that came with pictures or files is told of ' +
      'once they are here; their links are good for a day.',
    body: Type.Object({
      datetime: Moment,
      direction: Type.Enum(['incoming', 'outgoing']),
      from_number: Text,
      to_number: Text,
      body: Text,
      attachments: Type.Array(AttachmentObject),
    }),
  },
  new_call_record: { summary: 'A call ended, and is in the history.', body: CallBody },
  call_completed: { summary: 'A call ended, however it did.', body: CallBody },
  new_voicemail: {
    summary: 'Somebody left a message.',
    body: Type.Object({
      datetime: Moment,
      call_result: Result,
      duration: Seconds,
      called_number: Text,
      caller_number: Text,
      transcription: Type.Union([Text, Type.Null()]),
      mailbox_name: Type.Union([Text, Type.Null()]),
    }),
  },
};
