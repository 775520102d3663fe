import { createDecoder } from 'libopus-wasm';
import { describe, expect, it } from 'vitest';
import { encodeAudio } from '#speech/encode-audio.js';
import { readMp3 } from '#speech/mp3.js';
import { readWav } from '#speech/wav.js';

type Wave = (n: number, rate: number) => number;

const sine =
  (hertz: number, amplitude: number): Wave =>
  (n, rate) =>
    amplitude * Math.sin((2 * Math.PI * hertz * n) / rate);

/** Five tones that come and go, as vowels do. */
const vowels: Wave = (n, rate) => {
  const syllable = Math.max(0, Math.sin((2 * Math.PI * 4 * n) / rate));
  const tones = [140, 280, 700, 1_220, 2_600].map((hertz, index) => sine(hertz, 6_000 / (index + 1))(n, rate));
  return syllable * tones.reduce((sum, tone) => sum + tone, 0);
};

const square: Wave = (n, rate) => 32_767 * Math.sign(sine(150, 1)(n, rate));

function noise(): Wave {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 32 - 0.5) * 20_000;
  };
}

function sound(wave: Wave, seconds: number, rate: number): Int16Array {
  return Int16Array.from({ length: seconds * rate }, (_, n) => Math.round(wave(n, rate)));
}

/** Decibels by which a sound is louder than what is wrong with its copy, which comes `delay` samples late. */
function fidelity(pcm: Int16Array, copy: Int16Array, delay: number): number {
  let signal = 0;
  let error = 0;
  for (const [n, sample] of pcm.entries()) {
    signal += sample ** 2;
    error += (sample - copy[n + delay]!) ** 2;
  }
  return 10 * Math.log10(signal / Math.max(error, 1e-9));
}

describe('WAV', () => {
  it('is what it was made of', async () => {
    const pcm = sound(vowels, 0.5, 16_000);
    expect(readWav(await encodeAudio({ pcm, rate: 16_000 }, 'wav'))).toEqual({ pcm, rate: 16_000 });
  });

  it('has 24,000 samples a second where the sound has more', async () => {
    const copy = readWav(await encodeAudio({ pcm: sound(sine(1_000, 8_000), 0.5, 48_000), rate: 48_000 }, 'wav'));
    expect(copy.rate).toBe(24_000);
    const middle = copy.pcm.subarray(1_000, 11_000);
    expect(fidelity(sound(sine(1_000, 8_000), 0.5, 24_000).subarray(1_000, 11_000), middle, 0)).toBeGreaterThan(50);
  });
});

it('bare samples come at 24,000 a second, the low byte first', async () => {
  const bytes = Buffer.from(await encodeAudio({ pcm: sound(sine(500, 8_000), 0.5, 16_000), rate: 16_000 }, 'pcm'));
  expect(bytes.length).toBe(2 * 12_000);
  const copy = Int16Array.from({ length: 10_000 }, (_, n) => bytes.readInt16LE(2 * (n + 1_000)));
  expect(fidelity(sound(sine(500, 8_000), 0.5, 24_000).subarray(1_000, 11_000), copy, 0)).toBeGreaterThan(50);
});

describe('MP3', () => {
  // Every table of codewords is met: from silence, over few small values, to escapes of thirteen bits.
  const cases: [what: string, wave: Wave, decibels: number][] = [
    ['a tone', sine(440, 8_000), 60],
    ['vowels', vowels, 35],
    ['a tone near the end of the range', sine(7_000, 8_000), 45],
    ['a whisper', sine(440, 5), 20],
    ['a square wave at full scale', square, 25],
    ['noise', noise(), 10],
  ];
  describe.each([16_000, 24_000])('%i samples a second', (rate) => {
    it.each(cases)('%s', async (_what, wave, decibels) => {
      const pcm = sound(wave, 1, rate);
      const file = await encodeAudio({ pcm, rate }, 'mp3');
      const copy = readMp3(file, 60);
      expect(copy.rate).toBe(rate);
      expect(fidelity(pcm, copy.pcm, 1_057)).toBeGreaterThan(decibels);
      // 64 kbit/s, and not a frame more than needed.
      expect(copy.pcm.length - pcm.length - 1_057).toBeLessThan(576);
      expect(file.length).toBe((copy.pcm.length / rate) * 8_000);
    });
  });

  it('silence is silent', async () => {
    const copy = readMp3(await encodeAudio({ pcm: new Int16Array(16_000), rate: 16_000 }, 'mp3'), 60);
    expect(copy.pcm.every((sample) => sample === 0)).toBe(true);
  });

  it('plays from any frame on: none has its bits in another', async () => {
    const pcm = sound(vowels, 1, 16_000);
    const file = await encodeAudio({ pcm, rate: 16_000 }, 'mp3');
    const copy = readMp3(file.subarray(10 * 288), 60).pcm;
    // The first granule overlaps with one that is not there.
    expect(fidelity(pcm.subarray(12 * 576, 20 * 576), copy.subarray(2 * 576), 1_057)).toBeGreaterThan(35);
  });
});

describe('Ogg', () => {
  it.each([16_000, 24_000])(
    '%i samples a second: Opus that another decoder plays, of the right length',
    async (rate) => {
      const pcm = sound(vowels, 2.5, rate);
      const pages = readPages(Buffer.from(await encodeAudio({ pcm, rate }, 'ogg')));
      expect(pages.map(({ flags }) => flags)).toEqual([2, 0, 0, 0, 4]);
      expect(pages.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4]);
      const [[head], [tags], ...packets] = pages.map((page) => page.packets) as [Buffer[], Buffer[], ...Buffer[][]];
      expect(head!.toString('latin1', 0, 8)).toBe('OpusHead');
      expect([head![8], head![9], head!.readUInt32LE(12), head!.length]).toEqual([1, 1, rate, 19]);
      expect(tags!.toString('latin1', 0, 8)).toBe('OpusTags');
      const preSkip = head!.readUInt16LE(10);
      expect(pages.map(({ position }) => position)).toEqual([0, 0, 48_000, 96_000, 2.5 * 48_000 + preSkip]);

      const decoder = await createDecoder({ sampleRate: rate as 16_000 | 24_000, channels: 1 });
      const copy = packets.flat().flatMap((packet) => [...decoder.decode(packet)]);
      decoder.free();
      expect(copy.length / rate).toBeGreaterThanOrEqual(2.5 + preSkip / 48_000);
      expect(fidelity(pcm, Int16Array.from(copy), (preSkip * rate) / 48_000)).toBeGreaterThan(10);
    },
  );
});

it('makes files one after the other, and refuses when too many wait', async () => {
  const tiny = { pcm: new Int16Array(160), rate: 16_000 };
  const asked = Array.from({ length: 17 }, () => encodeAudio(tiny, 'wav').then(({ length }) => length, String));
  const answers = await Promise.all(asked);
  expect(answers.slice(0, 16)).toEqual(Array.from({ length: 16 }, () => 44 + 320));
  expect(answers[16]).toContain('too many files are being encoded');
});

interface Page {
  flags: number;
  position: number;
  sequence: number;
  packets: Buffer[];
}

/** RFC 3533, with each packet on one page. */
function readPages(file: Buffer): Page[] {
  const pages: Page[] = [];
  for (let at = 0; at < file.length;) {
    expect(file.toString('latin1', at, at + 4)).toBe('OggS');
    const pieces = [...file.subarray(at + 27, at + 27 + file[at + 26]!)];
    const packets: Buffer[] = [];
    let end = at + 27 + pieces.length;
    let start = end;
    for (const piece of pieces) {
      end += piece;
      if (piece === 255) continue;
      packets.push(file.subarray(start, end));
      start = end;
    }
    const page = Buffer.from(file.subarray(at, end));
    page.writeUInt32LE(0, 22);
    expect(file.readUInt32LE(at + 22)).toBe(remainder(page));
    pages.push({
      flags: file[at + 5]!,
      position: Number(file.readBigUInt64LE(at + 6)),
      sequence: file.readUInt32LE(at + 18),
      packets,
    });
    at = end;
  }
  return pages;
}

/** Of the polynomial division, bit by bit. */
function remainder(bytes: Buffer): number {
  let rest = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const carry = (rest >>> 31) ^ ((byte >> bit) & 1);
      rest = ((rest << 1) ^ (carry ? 0x04c11db7 : 0)) >>> 0;
    }
  }
  return rest;
}
