/** The RTP stream that a leg sends: one packet every 20 ms from a ring of buffers that are used again. */
import { G711_SILENCE } from '#voice/codecs/g711.js';
import type { CodecName } from '#voice/media/media-port.js';
import type { DtmfPacket } from '#voice/rtp/dtmf-sender.js';
import { RTP_HEADER_BYTES, writeRtpHeader } from '#voice/rtp/rtp-packet.js';
import { TELEPHONE_EVENT_BYTES, writeTelephoneEvent } from '#voice/rtp/telephone-event.js';

/** 20 ms at 8,000 samples a second: samples, octets of G.711 and timestamp units alike. */
export const SAMPLES_PER_PACKET = 160;

const PACKET_BYTES = RTP_HEADER_BYTES + SAMPLES_PER_PACKET;
/** Node hands datagrams to the kernel after the tick; a tick and its catching up send three packets of a leg at most. */
const RING_PACKETS = 8;

export class OutgoingStream {
  readonly ssrc: number;
  packetsSent = 0;
  octetsSent = 0;
  #sequence: number;
  #timestamp: number;
  /** Set after a pause: the next packet starts a spurt (RFC 3551 section 4.1). */
  #marker = true;
  readonly #ring: Buffer[];
  #slot = 0;

  /** First sequence number, timestamp and SSRC are random (RFC 3550 section 5.1). */
  constructor(random32: () => number) {
    this.ssrc = random32();
    this.#sequence = random32() & 0xffff;
    this.#timestamp = random32();
    const memory = Buffer.alloc(RING_PACKETS * PACKET_BYTES);
    this.#ring = Array.from({ length: RING_PACKETS }, (_, i) =>
      memory.subarray(i * PACKET_BYTES, (i + 1) * PACKET_BYTES),
    );
  }

  /** Of the packet that the next 20 ms begin with. */
  get timestamp(): number {
    return this.#timestamp;
  }

  /** The buffer for the next packet; its payload, from `RTP_HEADER_BYTES` on, is to be filled for `audio`. */
  get buffer(): Buffer {
    return this.#ring[this.#slot]!;
  }

  fillSilence(codec: CodecName): void {
    this.buffer.fill(G711_SILENCE[codec], RTP_HEADER_BYTES);
  }

  /** Completes the packet in `buffer` and lets 20 ms pass. */
  audio(payloadType: number): Uint8Array {
    const packet = this.buffer;
    writeRtpHeader(packet, payloadType, this.#marker, this.#sequence, this.#timestamp, this.ssrc);
    this.#marker = false;
    this.#sent(SAMPLES_PER_PACKET);
    return packet;
  }

  /** A telephone event in the place of 20 ms of audio; its timestamp is the event's own. */
  event(payloadType: number, event: DtmfPacket): Uint8Array {
    const packet = this.buffer.subarray(0, RTP_HEADER_BYTES + TELEPHONE_EVENT_BYTES);
    writeRtpHeader(packet, payloadType, event.marker, this.#sequence, event.timestamp, this.ssrc);
    writeTelephoneEvent(packet, RTP_HEADER_BYTES, event);
    this.#sent(TELEPHONE_EVENT_BYTES);
    return packet;
  }

  /** Time passes without packets. */
  pause(packetTimes: number): void {
    this.#timestamp = (this.#timestamp + packetTimes * SAMPLES_PER_PACKET) >>> 0;
    this.#marker = true;
  }

  #sent(octets: number): void {
    this.#slot = (this.#slot + 1) % RING_PACKETS;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + SAMPLES_PER_PACKET) >>> 0;
    this.packetsSent++;
    this.octetsSent = (this.octetsSent + octets) >>> 0;
  }
}
