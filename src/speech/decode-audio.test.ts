import { describe, expect, it } from 'vitest';
import { AudioError, decodeAudio, decodeForHearing, MAX_AUDIO_BYTES } from '#speech/decode-audio.js';

/** A WAV file around encoded samples. */
function wav(
  format: { tag: number; bits: number; rate: number; channels?: number },
  data: Uint8Array,
  { before, dataSize, extensible }: { before?: Uint8Array; dataSize?: number; extensible?: boolean } = {},
): Uint8Array {
  const { tag, bits, rate, channels = 1 } = format;
  const fmt = Buffer.alloc(extensible ? 40 : 16);
  fmt.writeUInt16LE(extensible ? 0xfffe : tag, 0);
  fmt.writeUInt16LE(channels, 2);
  fmt.writeUInt32LE(rate, 4);
  fmt.writeUInt32LE((rate * channels * bits) / 8, 8);
  fmt.writeUInt16LE((channels * bits) / 8, 12);
  fmt.writeUInt16LE(bits, 14);
  if (extensible) {
    fmt.writeUInt16LE(22, 16);
    fmt.writeUInt16LE(bits, 18);
    fmt.writeUInt16LE(tag, 24);
  }
  const body = Buffer.concat([
    Buffer.from('WAVE'),
    chunk('fmt ', fmt),
    before ?? Buffer.alloc(0),
    chunk('data', data, dataSize),
  ]);
  return chunk('RIFF', body);
}

function chunk(id: string, data: Uint8Array, size = data.length): Buffer {
  const header = Buffer.alloc(8);
  header.write(id, 'latin1');
  header.writeUInt32LE(size >>> 0, 4);
  return Buffer.concat([header, data, Buffer.alloc(data.length & 1)]);
}

/** A tone of half a second at a quarter of full scale, encoded by `write` with `bytes` a sample. */
function tone(
  hertz: number,
  rate: number,
  bytes: number,
  write: (buffer: Buffer, value: number, at: number) => void,
  channels = 1,
): Buffer {
  const buffer = Buffer.alloc((rate / 2) * bytes * channels);
  for (let at = 0; at < rate / 2; at++) {
    const value = 0.25 * Math.sin((2 * Math.PI * hertz * at) / rate);
    for (let channel = 0; channel < channels; channel++) write(buffer, value, (at * channels + channel) * bytes);
  }
  return buffer;
}

const write16 = (buffer: Buffer, value: number, at: number): void =>
  void buffer.writeInt16LE(Math.round(value * 32767), at);

/** Pitch and level of the middle of a clip: the ends ring and fade. */
function measure(pcm: Int16Array): { hertz: number; rms: number; seconds: number } {
  const middle = pcm.subarray(Math.floor(pcm.length * 0.25), Math.floor(pcm.length * 0.75));
  const rises: number[] = [];
  for (let at = 1; at < middle.length; at++) {
    const [before, now] = [middle[at - 1]!, middle[at]!];
    if (before < 0 && now >= 0) rises.push(at - 1 + -before / (now - before));
  }
  const hertz = ((rises.length - 1) * 8_000) / (rises.at(-1)! - rises[0]!);
  const rms = Math.sqrt(middle.reduce((sum, sample) => sum + sample ** 2, 0) / middle.length);
  return { hertz, rms, seconds: pcm.length / 8_000 };
}

/** Of a sine at a quarter of full scale. */
const TONE_RMS = (0.25 * 32767) / Math.SQRT2;

/** ITU-T G.711 by its definition: the code whose published value is nearest. */
function companded(value: number, decode: (code: number) => number): number {
  let best = 0;
  for (let code = 0; code < 256; code++) {
    if (Math.abs(decode(code) - value * 32767) < Math.abs(decode(best) - value * 32767)) best = code;
  }
  return best;
}

/** Segment end points of tables 2a and 1a, scaled to 16 bits: an independent way to the same values. */
function muLaw(code: number): number {
  const inverted = 255 - code;
  const segment = Math.floor((inverted % 128) / 16);
  const step = inverted % 16;
  const magnitude = 4 * ((2 * step + 33) * 2 ** segment - 33);
  return inverted >= 128 ? -magnitude : magnitude;
}

function aLaw(code: number): number {
  const even = code ^ 0x55;
  const segment = Math.floor((even % 128) / 16);
  const step = even % 16;
  const magnitude = segment === 0 ? 16 * step + 8 : (16 * step + 264) * 2 ** (segment - 1);
  return even >= 128 ? magnitude : -magnitude;
}

describe('WAV', () => {
  it.each<[string, Uint8Array]>([
    ['PCM 16 at 8,000', wav({ tag: 1, bits: 16, rate: 8_000 }, tone(500, 8_000, 2, write16))],
    ['PCM 16 at 16,000', wav({ tag: 1, bits: 16, rate: 16_000 }, tone(500, 16_000, 2, write16))],
    ['PCM 16 at 44,100', wav({ tag: 1, bits: 16, rate: 44_100 }, tone(500, 44_100, 2, write16))],
    ['PCM 16 at 11,026', wav({ tag: 1, bits: 16, rate: 11_026 }, tone(500, 11_026, 2, write16))],
    ['PCM 16 at 6,000', wav({ tag: 1, bits: 16, rate: 6_000 }, tone(500, 6_000, 2, write16))],
    ['PCM 16 stereo at 48,000', wav({ tag: 1, bits: 16, rate: 48_000, channels: 2 }, tone(500, 48_000, 2, write16, 2))],
    [
      'PCM 8',
      wav(
        { tag: 1, bits: 8, rate: 8_000 },
        tone(500, 8_000, 1, (buffer, value, at) => void buffer.writeUInt8(Math.round(value * 127) + 128, at)),
      ),
    ],
    [
      'PCM 24',
      wav(
        { tag: 1, bits: 24, rate: 8_000 },
        tone(500, 8_000, 3, (buffer, value, at) => void buffer.writeIntLE(Math.round(value * 8_388_607), at, 3)),
      ),
    ],
    [
      'PCM 32',
      wav(
        { tag: 1, bits: 32, rate: 8_000 },
        tone(500, 8_000, 4, (buffer, value, at) => void buffer.writeInt32LE(Math.round(value * 2_147_483_647), at)),
      ),
    ],
    [
      'float 32',
      wav(
        { tag: 3, bits: 32, rate: 8_000 },
        tone(500, 8_000, 4, (buffer, value, at) => void buffer.writeFloatLE(value, at)),
      ),
    ],
    [
      'float 64',
      wav(
        { tag: 3, bits: 64, rate: 8_000 },
        tone(500, 8_000, 8, (buffer, value, at) => void buffer.writeDoubleLE(value, at)),
      ),
    ],
    [
      'µ-law',
      wav(
        { tag: 7, bits: 8, rate: 8_000 },
        tone(500, 8_000, 1, (buffer, value, at) => void buffer.writeUInt8(companded(value, muLaw), at)),
      ),
    ],
    [
      'A-law',
      wav(
        { tag: 6, bits: 8, rate: 8_000 },
        tone(500, 8_000, 1, (buffer, value, at) => void buffer.writeUInt8(companded(value, aLaw), at)),
      ),
    ],
    ['extensible', wav({ tag: 1, bits: 16, rate: 8_000 }, tone(500, 8_000, 2, write16), { extensible: true })],
    [
      'another chunk of odd length before the sound',
      wav({ tag: 1, bits: 16, rate: 8_000 }, tone(500, 8_000, 2, write16), {
        before: chunk('LIST', Buffer.from('abc')),
      }),
    ],
    [
      'a size left open',
      wav({ tag: 1, bits: 16, rate: 8_000 }, tone(500, 8_000, 2, write16), { dataSize: 0xffff_ffff }),
    ],
  ])('%s: half a second of 500 Hz, as loud as it was', async (_name, file) => {
    const pcm = await decodeAudio(file);
    const { hertz, rms, seconds } = measure(pcm);
    expect(seconds).toBeCloseTo(0.5, 3);
    expect(hertz).toBeGreaterThan(499);
    expect(hertz).toBeLessThan(501);
    expect(Math.abs(20 * Math.log10(rms / TONE_RMS))).toBeLessThan(0.2);
    expect(pcm.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('mixes channels: opposites cancel out', async () => {
    const data = Buffer.alloc(8_000 * 4);
    for (let at = 0; at < 8_000; at++) {
      data.writeInt16LE(9_000, at * 4);
      data.writeInt16LE(-9_000, at * 4 + 2);
    }
    const pcm = await decodeAudio(wav({ tag: 1, bits: 16, rate: 8_000, channels: 2 }, data));
    expect(pcm).toHaveLength(8_000);
    expect(pcm.every((sample) => sample === 0)).toBe(true);
  });

  it.each<[string, Uint8Array, string]>([
    ['no samples', wav({ tag: 1, bits: 16, rate: 8_000 }, Buffer.alloc(0)), 'no sound'],
    ['no data chunk', chunk('RIFF', Buffer.from('WAVE')), 'no sound'],
    ['a compressed format', wav({ tag: 0x11, bits: 4, rate: 8_000 }, Buffer.alloc(100)), '4-bit sound of format 17'],
    ['an odd number of bits', wav({ tag: 1, bits: 12, rate: 8_000 }, Buffer.alloc(100)), '12-bit'],
    ['no channels', wav({ tag: 1, bits: 16, rate: 8_000, channels: 0 }, Buffer.alloc(100)), '0 channels'],
    ['a rate of nothing', wav({ tag: 1, bits: 16, rate: 0 }, Buffer.alloc(100)), '0 samples a second'],
    ['eleven minutes', wav({ tag: 7, bits: 8, rate: 8_000 }, Buffer.alloc(660 * 8_000)), 'longer than 10 minutes'],
  ])('refuses %s', async (_name, file, reason) => {
    await expect(decodeAudio(file)).rejects.toThrow(reason);
    await expect(decodeAudio(file)).rejects.toBeInstanceOf(AudioError);
  });
});

it.each<[string, string]>([
  ['OggS\0\x02', 'the file is Ogg; WAV and MP3 can be used'],
  ['fLaC', 'the file is FLAC'],
  ['\0\0\0\x20ftypM4A ', 'the file is MP4 or M4A'],
  ['<!doctype html><p>Not found', 'the file is an HTML page'],
  ['Just some text that is no sound at all.', 'neither WAV nor MP3'],
  ['ID3', 'neither WAV nor MP3'],
  ['\xff\xfb\x90\x00', 'neither WAV nor MP3'],
  ['', 'empty'],
])('says what %j is', async (content, reason) => {
  await expect(decodeAudio(Buffer.from(content, 'latin1'))).rejects.toThrow(reason);
});

it('refuses what is too large', async () => {
  await expect(decodeAudio(new Uint8Array(MAX_AUDIO_BYTES + 1))).rejects.toThrow('are the limit');
});

it('decodes many at once, each its own, and leaves the caller his bytes', async () => {
  const files = [200, 300, 400, 500, 600].map((hertz) =>
    wav({ tag: 1, bits: 16, rate: 8_000 }, tone(hertz, 8_000, 2, write16)),
  );
  const pitches = await Promise.all(files.map(async (file) => Math.round(measure(await decodeAudio(file)).hertz)));
  expect(pitches).toEqual([200, 300, 400, 500, 600]);
  expect(files[0]!.length).toBe(8_044);
});

describe('for a machine that hears', () => {
  it.each([
    [6_000, 8_000],
    [8_000, 8_000],
    [12_000, 12_000],
    [16_000, 16_000],
    [48_000, 16_000],
  ])('what has %i samples a second comes with %i', async (rate, heard) => {
    const sound = await decodeForHearing(wav({ tag: 1, bits: 16, rate }, tone(500, rate, 2, write16)));
    expect(sound.rate).toBe(heard);
    expect(sound.pcm.length / heard).toBeCloseTo(0.5, 2);
    expect(measure(sound.pcm).hertz * (heard / 8_000)).toBeCloseTo(500, -1);
  });

  it('refuses what is not a sound', async () => {
    await expect(decodeForHearing(Buffer.from('not a sound at all'))).rejects.toThrow(AudioError);
  });
});
