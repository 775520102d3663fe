import { presentOptionalTime, presentTime } from '#apis/outreach/parse-time.js';
import { EVENT_NAMES } from '#apis/outreach/callbacks.js';
import { presentQuality, presentVerdicts, presentVoicemail } from '#apis/outreach/present-answer.js';
import type { AcceptedCall, Call, CallStory } from '#core/calls/index.js';

/** Exactly the four fields that the answer to `POST /calls` has. */
export function presentPlaced(call: AcceptedCall) {
  return { call_id: call.id, status: call.status, to: call.to, created_at: presentTime(call.createdAt) };
}

export function presentCall(call: Call) {
  return {
    call_id: call.id,
    direction: call.direction,
    campaign_id: call.campaignId ?? null,
    status: call.status,
    to: call.to,
    from: call.from,
    created_at: presentTime(call.createdAt),
    scheduled_at: presentOptionalTime(call.scheduledAt),
    dialed_at: presentOptionalTime(call.dialedAt),
    ringing_at: presentOptionalTime(call.ringingAt),
    answered_at: presentOptionalTime(call.answeredAt),
    completed_at: presentOptionalTime(call.endedAt),
    duration_seconds: call.durationSeconds ?? null,
    dtmf_response: call.actedDigit ?? null,
    digits: call.digits,
    amd_result: call.answeredBy,
    voicemail: presentVoicemail(call.messageLeft),
    attempts: call.attempts,
    ...presentVoice(call),
    cancel_requested: call.cancelRequested,
    sip_code: call.sipCode ?? null,
    sip_reason: call.sipReason ?? null,
    error: call.reason === undefined ? null : { code: call.reason, message: call.reasonText ?? call.reason },
    metadata: call.metadata ?? null,
    live: call.mode === 'live',
  };
}

/** What connects people has no voice of its own. */
function presentVoice({ script }: Call) {
  const voice = script.kind === 'connect' || script.kind === 'flow' ? undefined : script.voice;
  return {
    voice: voice?.asked ?? null,
    voice_used: voice?.used ?? null,
    voice_degraded: voice?.degraded ?? false,
  };
}

/** A code is never shown, and so is not part of this. */
function presentMessage({ script }: Call) {
  if (script.kind !== undefined && script.kind !== 'message') return { message: null, audio_url: null };
  return { message: script.message ?? null, audio_url: script.audioUrl ?? null };
}

export function presentStory(call: CallStory, publicUrl: string) {
  return {
    ...presentCall(call),
    ...presentMessage(call),
    recording:
      call.recording === undefined
        ? null
        : {
            url: `${publicUrl}/api/v1/calls/${call.id}/recording`,
            duration_seconds: Math.round(call.recording.durationMs / 1000),
            bytes: call.recording.bytes,
          },
    machine_detection: presentVerdicts(call.tries.at(-1)?.verdicts ?? []),
    quality: presentQuality(call.quality),
    tries: call.tries.map((attempt) => ({
      target: attempt.target,
      dialed_at: presentTime(attempt.dialedAt),
      ended_at: presentOptionalTime(attempt.endedAt),
      cause: attempt.cause ?? null,
      sip_code: attempt.sipCode ?? null,
      rtp: attempt.rtp ?? null,
    })),
    events: [
      ...(call.direction === 'out' ? [{ event: 'call.queued', timestamp: presentTime(call.createdAt) }] : []),
      ...call.events.map((event) => ({
        event: EVENT_NAMES[event.type as keyof typeof EVENT_NAMES],
        timestamp: presentTime(event.at),
        ...(typeof event.data['digit'] === 'string' ? { digit: event.data['digit'] } : {}),
      })),
    ],
  };
}
