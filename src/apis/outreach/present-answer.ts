import type { CallQuality } from '#core/calls/index.js';
import type { Verdict } from '#core/tables.js';

/** Null for calls that no machine answered. */
export function presentVoicemail(messageLeft: boolean | null | undefined) {
  return messageLeft === null || messageLeft === undefined ? null : { message_left: messageLeft };
}

/** Times in milliseconds since the answer. */
export function presentVerdicts(verdicts: readonly Verdict[]) {
  return verdicts.map(({ verdict, revised, evidence }) => ({
    verdict,
    revised,
    at_ms: evidence.atMs,
    speech_ms: evidence.speechMs,
    silence_ms: evidence.silenceMs,
    longest_speech_ms: evidence.longestSpeechMs,
    first_pause_ms: evidence.firstPauseMs,
    beep_hz: evidence.beepHz ?? null,
    why: evidence.why,
  }));
}

/** Null before the end, and for calls that were not answered. */
export function presentQuality(quality: CallQuality | undefined) {
  if (quality === undefined) return null;
  return {
    mos: quality.mos ?? null,
    loss_ratio: quality.lossRatio,
    jitter_ms: quality.jitterMs,
    round_trip_ms: quality.roundTripMs ?? null,
    remote_loss_ratio: quality.remoteLossRatio ?? null,
    remote_jitter_ms: quality.remoteJitterMs ?? null,
  };
}
