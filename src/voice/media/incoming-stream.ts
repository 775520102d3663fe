/** What a leg hears: checks where packets come from, counts them, and sorts audio from key presses. */
import type { CodecName, MediaSession } from '#voice/media/media-port.js';
import { DtmfReceiver, type DtmfListener } from '#voice/rtp/dtmf-receiver.js';
import { ReceiveStatistics } from '#voice/rtp/receive-statistics.js';
import { parseRtp } from '#voice/rtp/rtp-packet.js';
import { SymmetricRtp } from '#voice/rtp/symmetric-rtp.js';

/** The static payload types (RFC 3551 table 4): whoever offered both laws may use either. */
const STATIC_CODECS: Partial<Record<number, CodecName>> = { 0: 'PCMU', 8: 'PCMA' };
/** Sent in the pauses of speech (RFC 3389 section 4). */
const COMFORT_NOISE = 13;

export interface IncomingListener extends DtmfListener {
  /** `marker`: its timestamps may have nothing to do with those before it. */
  audio(timestamp: number, marker: boolean, octets: Uint8Array, codec: CodecName): void;
  /** From there on the far end is silent, and its line sounds so loud, dBov. */
  comfortNoise(timestamp: number, dBov: number): void;
}

export class IncomingStream {
  readonly path = new SymmetricRtp();
  readonly statistics = new ReceiveStatistics();
  readonly #listener: IncomingListener;
  readonly #dtmf: DtmfReceiver;
  #session: MediaSession | undefined;
  #ssrc: number | undefined;
  #lastHeardMs = 0;
  #nextSilentMs = Infinity;

  constructor(listener: IncomingListener) {
    this.#listener = listener;
    this.#dtmf = new DtmfReceiver(listener);
  }

  connect(session: MediaSession, nowMs: number, mediaTimeoutMs: number): void {
    this.#session = session;
    this.path.describe(session.remoteAddress, session.remotePort);
    this.#lastHeardMs = nowMs;
    this.#nextSilentMs = this.receives ? nowMs + mediaTimeoutMs : Infinity;
  }

  rtp(datagram: Uint8Array, port: number, address: string, nowMs: number): void {
    const session = this.#session;
    const packet = parseRtp(datagram);
    if (!session || !packet) return;
    const codec = packet.payloadType === session.payloadType ? session.codec : STATIC_CODECS[packet.payloadType];
    const isDtmf = packet.payloadType === (session.dtmfReceivePayloadType ?? session.dtmfPayloadType);
    // Only what the session allows may decide where to send.
    if (!codec && !isDtmf && packet.payloadType !== COMFORT_NOISE) return;
    if (!this.path.accepts(address, port, packet.ssrc, nowMs)) return;
    if (!this.statistics.received(packet.ssrc, packet.sequence)) return;
    this.#lastHeardMs = nowMs;
    if (isDtmf) {
      if (this.receives) this.#dtmf.received(packet.timestamp, packet.payload, nowMs);
    } else if (codec) {
      this.statistics.arrived(packet.timestamp, nowMs);
      const isNewSource = packet.ssrc !== this.#ssrc;
      this.#ssrc = packet.ssrc;
      if (this.receives) this.#listener.audio(packet.timestamp, packet.marker || isNewSource, packet.payload, codec);
    } else if (this.receives && packet.payload.length > 0) {
      // The first octet is the level; what may follow colours the noise, which nobody misses.
      this.#listener.comfortNoise(packet.timestamp, -(packet.payload[0]! & 0x7f));
    }
  }

  /** The far end gave a sign of life by RTCP. */
  alive(nowMs: number): void {
    this.#lastHeardMs = nowMs;
  }

  /** Ends presses whose end was lost. Returns how long nothing came where that is worth an event, else 0. */
  check(nowMs: number, mediaTimeoutMs: number): number {
    this.#dtmf.checkTimeouts(nowMs);
    if (nowMs < this.#nextSilentMs) return 0;
    const silentMs = nowMs - this.#lastHeardMs;
    this.#nextSilentMs = (silentMs >= mediaTimeoutMs ? nowMs : this.#lastHeardMs) + mediaTimeoutMs;
    return silentMs >= mediaTimeoutMs ? silentMs : 0;
  }

  /** The session is over: a key that is still down counts. */
  end(): void {
    this.#dtmf.flush();
  }

  /** Whether the session lets the far end be heard. */
  get receives(): boolean {
    return this.#session?.direction === 'sendrecv' || this.#session?.direction === 'recvonly';
  }
}
