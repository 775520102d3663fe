import { describe, expect, it } from 'vitest';
import { encodeG711 } from '#voice/codecs/g711.js';
import { generateTones, level, strongestTone, toneLevel } from '#voice/codecs/tones.js';
import { MAX_WAV_BYTES, readWav, WavError, writeWav } from '#voice/codecs/wav.js';

interface FileParts {
  tag?: number;
  channels?: number;
  rate?: number;
  bits?: number;
  data?: Uint8Array;
  /** Chunks between format and data. */
  between?: Buffer;
  dataSize?: number;
  extensible?: boolean;
}

function wavFile(parts: FileParts): Buffer {
  const { tag = 1, channels = 1, rate = 8_000, bits = 16, data = new Uint8Array(), between = Buffer.alloc(0) } = parts;
  const format = Buffer.alloc(parts.extensible ? 40 : 16);
  format.writeUInt16LE(parts.extensible ? 0xfffe : tag, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rate, 4);
  format.writeUInt16LE(bits, 14);
  if (parts.extensible) format.writeUInt16LE(tag, 24);
  return Buffer.concat([
    Buffer.from('RIFF\0\0\0\0WAVE', 'latin1'),
    chunk('fmt ', format),
    between,
    chunk('data', data, parts.dataSize),
  ]);
}

function chunk(id: string, body: Uint8Array, size = body.length): Buffer {
  const head = Buffer.from(`${id}\0\0\0\0`, 'latin1');
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

/** A sine at -10 dBm0 in any rate, as 16-bit little endian. */
function sine(hz: number, rate: number, seconds: number, channels = 1): Buffer {
  const peak = 32_767 * 10 ** ((-10 - 3.14) / 20);
  const data = Buffer.alloc(rate * seconds * channels * 2);
  for (let i = 0; i < rate * seconds * channels; i++) {
    data.writeInt16LE(Math.round(peak * Math.sin((2 * Math.PI * hz * Math.floor(i / channels)) / rate)), i * 2);
  }
  return data;
}

describe('writeWav', () => {
  it('makes a file that comes back the same', () => {
    const pcm = Int16Array.from({ length: 1_001 }, (_, i) => ((i * 7_919) % 65_536) - 32_768);
    const file = writeWav(pcm);
    expect(file.length).toBe(44 + 2_002);
    expect(readWav(file)).toEqual(pcm);
  });
});

describe('readWav', () => {
  it.each([8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 6_000, 22_051])(
    'brings %d Hz to 8 kHz: pitch, level and length stay',
    (rate) => {
      const pcm = readWav(wavFile({ rate, data: sine(1_000, rate, 1) }));
      expect(pcm.length).toBe(8_000);
      const middle = pcm.subarray(800, 7_200);
      const found = strongestTone(middle);
      expect(Math.abs(found.hz - 1_000)).toBeLessThanOrEqual(2);
      expect(Math.abs(found.dBm0 - -10)).toBeLessThan(0.2);
    },
  );

  it.each([5_000, 9_000, 15_000])('leaves nothing of %d Hz, which 8 kHz cannot carry', (hz) => {
    const pcm = readWav(wavFile({ rate: 44_100, data: sine(hz, 44_100, 1) }));
    expect(level(pcm.subarray(800, 7_200))).toBeLessThan(-60);
  });

  it('keeps what is close below the limit', () => {
    const pcm = readWav(wavFile({ rate: 48_000, data: sine(3_300, 48_000, 1) }));
    expect(Math.abs(toneLevel(pcm.subarray(800, 7_200), 3_300) - -10)).toBeLessThan(0.5);
  });

  it('mixes channels', () => {
    const same = readWav(wavFile({ rate: 16_000, channels: 2, data: sine(1_000, 16_000, 1, 2) }));
    expect(same.length).toBe(8_000);
    expect(Math.abs(level(same.subarray(800, 7_200)) - -10)).toBeLessThan(0.2);
    const data = Buffer.alloc(4);
    data.writeInt16LE(1_000, 0);
    data.writeInt16LE(-500, 2);
    expect(readWav(wavFile({ channels: 2, data }))).toEqual(Int16Array.of(250));
  });

  it('reads 8-bit PCM and both laws', () => {
    const pcm = generateTones([{ hz: 1_000, dBm0: -10 }], 500);
    const eight = Uint8Array.from(pcm, (sample) => (sample >> 8) + 128);
    for (const file of [
      wavFile({ bits: 8, data: eight }),
      wavFile({ bits: 8, tag: 7, data: encodeG711(pcm, 'PCMU') }),
      wavFile({ bits: 8, tag: 6, data: encodeG711(pcm, 'PCMA') }),
    ]) {
      const read = readWav(file);
      expect(read.length).toBe(pcm.length);
      expect(Math.abs(toneLevel(read, 1_000) - -10)).toBeLessThan(0.2);
    }
  });

  it('reads an extensible header, other chunks of odd length, and data without a known length', () => {
    const data = Buffer.from([1, 0, 2, 0]);
    const expected = Int16Array.of(1, 2);
    expect(readWav(wavFile({ data, extensible: true }))).toEqual(expected);
    expect(readWav(wavFile({ data, between: chunk('LIST', Buffer.from('abc')) }))).toEqual(expected);
    expect(readWav(wavFile({ data, dataSize: 0xffff_ffff }))).toEqual(expected);
    expect(readWav(wavFile({ data, dataSize: 0 }))).toEqual(expected);
    expect(readWav(wavFile({ data, dataSize: 1_000 }))).toEqual(expected);
    expect(readWav(wavFile({ data: Buffer.from([1, 0, 2]) }))).toEqual(Int16Array.of(1));
  });

  it.each([
    ['nothing', Buffer.alloc(0), /no WAV file/],
    ['something else', Buffer.from('ID3 and so on, an MP3'), /no WAV file/],
    ['a header alone', Buffer.from('RIFF\0\0\0\0WAVE', 'latin1'), /does not say its format/],
    ['a short format', Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE'), chunk('fmt ', Buffer.alloc(8))]), /its format/],
    ['samples first', Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE'), chunk('data', Buffer.alloc(8))]), /before/],
    ['no samples', wavFile({}).subarray(0, 40), /no samples/],
    ['24 bits', wavFile({ bits: 24 }), /format 1 with 24 bits/],
    ['MP3 inside', wavFile({ tag: 0x55, bits: 0 }), /format 85/],
    ['a rate of zero', wavFile({ rate: 0 }), /0 samples a second/],
    ['an absurd rate', wavFile({ rate: 4_000_000_000 }), /samples a second/],
    ['no channels', wavFile({ channels: 0 }), /0 channels/],
    ['too many channels', wavFile({ channels: 9 }), /9 channels/],
    ['too long', wavFile({ rate: 4_000, bits: 8, data: new Uint8Array(4_000 * 3_601) }), /longer than 3600 seconds/],
    ['too large', Buffer.alloc(MAX_WAV_BYTES + 1), /larger than/],
  ])('refuses %s in a sentence', (_what, file, sentence) => {
    expect(() => readWav(file)).toThrow(WavError);
    expect(() => readWav(file)).toThrow(sentence);
  });
});
