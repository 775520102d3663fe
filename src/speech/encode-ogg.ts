/** Opus (RFC 6716) in Ogg (RFC 7845), one channel, about 32 kbit/s. The packets are libopus's. */
import { Application, createEncoder, loadLibopus, Signal, type SampleRate } from 'libopus-wasm';
import { OggWriter } from '#speech/ogg-writer.js';
import type { Samples } from '#speech/tts.js';

const BITS_PER_SECOND = 32_000;
/** Of 0 to 10. Above, it takes several times as long for what nobody hears in speech. */
const COMPLEXITY = 5;
/** Positions count at this rate, whatever the sound's (RFC 7845, 4). */
const POSITION_RATE = 48_000;
const PACKETS_PER_SECOND = 50;

/** 16,000 or 24,000 samples a second. */
export async function encodeOgg({ pcm, rate }: Samples): Promise<Uint8Array> {
  const { version } = await loadLibopus();
  const encoder = await createEncoder({
    sampleRate: rate as SampleRate,
    channels: 1,
    application: Application.Audio,
    signal: Signal.Voice,
    bitrate: BITS_PER_SECOND,
    complexity: COMPLEXITY,
  });
  try {
    const frame = rate / PACKETS_PER_SECOND;
    const scale = POSITION_RATE / rate;
    // What the decoder has to leave out at the start, and so what has to be fed in behind the end.
    const lookahead = encoder.getLookahead();
    const packets = Math.ceil((pcm.length + lookahead) / frame);
    const padded = new Int16Array(packets * frame);
    padded.set(pcm);

    const ogg = new OggWriter();
    ogg.packet(identification(lookahead * scale, rate), 0);
    ogg.endPage();
    ogg.packet(comments(version), 0);
    ogg.endPage();
    for (let packet = 1; packet <= packets; packet++) {
      const isLast = packet === packets;
      const position = isLast ? (lookahead + pcm.length) * scale : packet * frame * scale;
      ogg.packet(encoder.encode(padded.subarray((packet - 1) * frame, packet * frame)), position);
      if (!isLast && packet % PACKETS_PER_SECOND === 0) ogg.endPage();
    }
    return ogg.end();
  } finally {
    encoder.free();
  }
}

/** RFC 7845, 5.1. `preSkip` is in positions. */
function identification(preSkip: number, rate: number): Uint8Array {
  const packet = Buffer.alloc(19);
  packet.write('OpusHead', 'latin1');
  // Version and channels. The gain and the mapping of channels stay 0.
  packet[8] = 1;
  packet[9] = 1;
  packet.writeUInt16LE(preSkip, 10);
  packet.writeUInt32LE(rate, 12);
  return packet;
}

/** RFC 7845, 5.2: who made it, and no comments. */
function comments(vendor: string): Uint8Array {
  const name = Buffer.from(vendor);
  const packet = Buffer.alloc(16 + name.length);
  packet.write('OpusTags', 'latin1');
  packet.writeUInt32LE(name.length, 8);
  name.copy(packet, 12);
  return packet;
}
