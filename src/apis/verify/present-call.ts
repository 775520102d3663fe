import Type, { type Static } from 'typebox';
import { presentCallId } from '#apis/verify/call-id.js';
import { objectSchema, presentHead, presentTime } from '#apis/verify/present-object.js';
import { isTerminal, type Call, type PastCall } from '#core/calls/index.js';

/** Core's ends of a call in the words of this door, which are those of its webhooks; the states before are the same. */
const STATUS: Partial<Record<Call['status'], string>> = {
  voicemail: 'completed',
  no_answer: 'no-answer',
  rejected: 'missed',
  canceled: 'ended',
};

const STATUS_WORDS =
  'queued, dialing (phones of ours ring, or the network works), ringing, answered; at the end completed, no-answer, ' +
  'busy, missed (declined), failed, ended (canceled), blacklisted (opted out)';

export const PlacedCall = objectSchema('call', {
  id: Type.String({ description: 'With a test key it begins with `call_test_`.' }),
  phone: Type.String(),
  from: Type.String(),
  status: Type.String(),
  created: Type.String(),
});

export function presentPlacedCall(call: Call): Static<typeof PlacedCall> {
  return {
    ...presentHead('call', call.mode),
    id: presentCallId(call.id, call.mode),
    phone: call.to,
    from: call.from,
    status: statusOf(call),
    created: presentTime(call.createdAt),
  };
}

const Seconds = (description: string) => Type.Integer({ description });

export const CallEntry = objectSchema('call', {
  uid: Type.String(),
  type: Type.Union([Type.Literal('in'), Type.Literal('out')]),
  status: Type.String({ description: STATUS_WORDS }),
  client: Type.String({ description: 'The number outside.' }),
  diversion: Type.String({ description: 'The number of ours that the call went through.' }),
  destination: Type.Optional(Type.String({ description: 'The phone of ours that was picked up.' })),
  user: Type.Optional(Type.String()),
  user_name: Type.Optional(Type.String()),
  group_name: Type.Optional(Type.String()),
  start: Type.String(),
  wait: Seconds('From the first dialling, or from its coming in, to the answer, or to the end without one.'),
  duration: Seconds('From the answer to the end; 0 while both speak.'),
  record: Type.Optional(Type.String({ description: 'Where its recording is, as WAV. Needs a key with calls:read.' })),
  missedStatus: Type.Optional(Type.String({ description: 'Why a call that has ended was not answered.' })),
});

export function presentCallEntry(call: PastCall, publicUrl: string): Static<typeof CallEntry> {
  return {
    ...presentHead('call', call.mode),
    uid: presentCallId(call.id, call.mode),
    type: call.direction,
    status: statusOf(call),
    client: call.direction === 'in' ? call.from : call.to,
    diversion: call.direction === 'in' ? call.to : call.from,
    ...presentOurSide(call),
    start: presentTime(call.dialedAt ?? call.createdAt),
    wait: waitOf(call),
    duration: call.durationSeconds ?? 0,
    ...(call.hasRecording ? { record: `${publicUrl}/api/v1/calls/${call.id}/recording` } : {}),
    ...(isTerminal(call.status) && call.answeredAt === undefined ? { missedStatus: call.reason ?? call.status } : {}),
  };
}

function statusOf({ status, reason }: Call): string {
  return reason === 'suppressed' ? 'blacklisted' : (STATUS[status] ?? status);
}

/** Who of ours spoke; before somebody picks up, who was asked for. */
function presentOurSide({ script, pickedUpBy }: Call) {
  if (script.kind !== 'connect') return {};
  const { user, group, phones } = script;
  const speaker = phones.find(({ phone }) => phone === pickedUpBy);
  const who = speaker === undefined ? user : { id: speaker.userId, name: speaker.userName };
  return {
    ...(pickedUpBy === undefined ? {} : { destination: pickedUpBy }),
    ...(who === undefined ? {} : { user: who.id, user_name: who.name }),
    ...(group === undefined ? {} : { group_name: group.name }),
  };
}

function waitOf({ direction, createdAt, dialedAt, answeredAt, endedAt }: Call): number {
  const from = direction === 'in' ? createdAt : dialedAt;
  const until = answeredAt ?? endedAt;
  if (from === undefined || until === undefined) return 0;
  return Math.round((until.getTime() - from.getTime()) / 1000);
}
