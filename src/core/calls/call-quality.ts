import type { RtpStats } from '#voice/engine.js';

/** How well a call sounded. */
export interface CallQuality {
  /** Of the packets that should have come to us. */
  lossRatio: number;
  /** Milliseconds (RFC 3550). */
  jitterMs: number;
  /** Mean opinion score of what we heard, 1–4.5 (ITU-T G.107). */
  mos: number | undefined;
  roundTripMs: number | undefined;
  /** Of what they heard of us, as they report it. */
  remoteLossRatio: number | undefined;
  remoteJitterMs: number | undefined;
}

export function qualityOf(rtp: RtpStats | undefined): CallQuality | undefined {
  if (rtp === undefined) return undefined;
  const expected = rtp.packetsReceived + rtp.packetsLost;
  return {
    lossRatio: expected > 0 ? Math.round((rtp.packetsLost / expected) * 10_000) / 10_000 : 0,
    jitterMs: rtp.jitterMs,
    mos: rtp.mos,
    roundTripMs: rtp.roundTripMs,
    remoteLossRatio: rtp.remote?.lostRatio,
    remoteJitterMs: rtp.remote?.jitterMs,
  };
}
