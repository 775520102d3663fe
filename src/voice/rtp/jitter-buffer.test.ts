import { describe, expect, it } from 'vitest';
import { decodeG711, encodeG711, G711_SILENCE } from '#voice/codecs/g711.js';
import { level } from '#voice/codecs/tones.js';
import { EARLINESS_PACKETS, JitterBuffer, MAX_LATE_IN_A_ROW, PLAYOUT_DELAY_MS } from '#voice/rtp/jitter-buffer.js';

/** Packet n holds nothing but the octet n. */
const LAW = 'PCMU';
const SILENCE = G711_SILENCE[LAW];
const START = 0xffff_fff0;
const DELAY_FRAMES = PLAYOUT_DELAY_MS / 20;

const octets = (n: number, length = 160): Uint8Array => new Uint8Array(length).fill(n);
const timestamp = (n: number): number => (START + n * 160) >>> 0;

/** Plays a schedule: before each frame is taken out, the packets listed for it arrive. Returns each frame's samples. */
function play(buffer: JitterBuffer, arrivals: number[][]): Uint8Array[] {
  return arrivals.map((packets) => {
    for (const n of packets) buffer.push(timestamp(n), false, octets(n), LAW);
    const frame = new Uint8Array(160);
    buffer.pop(frame);
    return frame;
  });
}

const linear = (octet: number): number => decodeG711(Uint8Array.of(octet), LAW)[0]!;

/** What a frame is full of, or undefined for a mixture. */
const content = (frame: Uint8Array): number | undefined => (frame.every((s) => s === frame[0]) ? frame[0] : undefined);

describe('JitterBuffer', () => {
  it('plays a steady stream after its delay, over the wrap of the timestamp', () => {
    const frames = play(
      new JitterBuffer(),
      Array.from({ length: 20 }, (_, n) => [n + 1]),
    );
    expect(frames.map(content)).toEqual([SILENCE, SILENCE, SILENCE, ...Array.from({ length: 17 }, (_, n) => n + 1)]);
  });

  it('is silent before anything has come', () => {
    expect(play(new JitterBuffer(), [[], []]).map(content)).toEqual([SILENCE, SILENCE]);
  });

  it('puts reordered packets right and drops duplicates', () => {
    const buffer = new JitterBuffer();
    const frames = play(buffer, [[1], [3, 3], [2, 1], [4], [5], [], [], []]);
    expect(frames.slice(DELAY_FRAMES, 8).map(content)).toEqual([1, 2, 3, 4, 5]);
    expect(buffer.duplicates).toBe(2);
    expect(buffer.late).toBe(0);
  });

  it('plays a packet that comes as late as its delay; a later one is lost, and makes the delay longer', () => {
    const buffer = new JitterBuffer();
    const frames = play(buffer, [[100], [], [], [], [101, 102, 103], [104], [], []]);
    expect(frames.slice(DELAY_FRAMES).map(content)).toEqual([100, 101, 102, 103, 104]);
    const late = play(buffer, [[104, 105], [106], [107], [108], [109]]);
    expect(buffer.late).toBe(1);
    expect(late.slice(1).map(content)).toEqual([105, 106, 107, 108]);
  });

  it('conceals a lost packet by repeating the last one, fading', () => {
    const buffer = new JitterBuffer();
    const frames = play(buffer, [[100], [101], [103], [104], [], [], []]);
    const concealed = [...frames[5]!].map(linear);
    expect(concealed[0]).toBe(linear(101));
    expect(Math.abs(concealed[159]!)).toBeLessThan(Math.abs(linear(101)));
    expect(Math.abs(concealed[159]!)).toBeGreaterThan(Math.abs(linear(101)) * 0.6);
    expect(content(frames[6]!)).toBe(103);
    expect(buffer.concealedSamples).toBe(160);
  });

  it('fades to silence when nothing more comes', () => {
    const frames = play(new JitterBuffer(), [[100], [], [], [], [], [], [], []]);
    expect(frames[3]!.every((octet) => octet === 100)).toBe(true);
    expect(frames[4]![0]).toBe(100);
    expect(Math.abs(linear(frames[6]!.at(-1)!))).toBeLessThan(40);
    expect(content(frames[7]!)).toBe(SILENCE);
  });

  it('takes packets of any length', () => {
    const buffer = new JitterBuffer();
    buffer.push(0, false, octets(1, 240), LAW);
    buffer.push(240, false, octets(2, 80), LAW);
    buffer.skip(480 + 80);
    buffer.push(320, false, octets(3, 80), LAW);
    const frame = new Uint8Array(160);
    buffer.pop(frame);
    expect(content(frame)).toBe(1);
    buffer.pop(frame);
    expect([...new Set(frame)]).toEqual([2, 3]);
  });

  it('waits longer for packets that come partly late, and plays them whole', () => {
    const buffer = new JitterBuffer();
    play(buffer, [[100], [], [], []]);
    buffer.skip(80);
    for (const [i, octet] of [10, 11, 12, 13].entries()) {
      buffer.push(timestamp(101 + i), false, octets(octet), LAW);
    }
    const heard = play(buffer, [[], [], [], []]).flatMap((frame) => [...frame]);
    for (const octet of [10, 11, 12]) expect(heard.filter((other) => other === octet)).toHaveLength(160);
    expect(buffer.late).toBe(0);
  });

  it('grows by no more than a frame for a stall of the network', () => {
    const buffer = new JitterBuffer();
    play(buffer, [[1], [2], [3], [4], [], [], [], [], [], [], []]);
    const after = play(buffer, [[5, 6, 7, 8, 9, 10, 11, 12], [13], [14], [15], [16], [17], [18]]);
    expect(after.slice(3).map(content)).toEqual([11, 12, 13, 14]);
    expect(buffer.resyncs).toBe(0);
  });

  it('waits less where all packets come early, and leaves out only silence for it', () => {
    const buffer = new JitterBuffer();
    const steady = (count: number, octet: number, from: number): number[] =>
      Array.from({ length: count }, (_, i) => {
        buffer.push(timestamp(from + i), false, octets(octet), LAW);
        const frame = new Uint8Array(160);
        buffer.pop(frame);
        return content(frame)!;
      });
    const loud = 20;
    steady(2 * EARLINESS_PACKETS, loud, 0);
    expect(steady(1, SILENCE, 500)).toEqual([loud]);
    // Three frames of speech still wait; then comes the silence, of which one frame is left out.
    const frames = steady(20, loud, 501);
    expect(frames.filter((octet) => octet === SILENCE)).toHaveLength(0);
    expect(frames.filter((octet) => octet === loud)).toHaveLength(20);
    expect(buffer.concealedSamples).toBe(0);
  });

  it('follows a far end whose clock is slower, with no more than a frame made up at a time', () => {
    const buffer = new JitterBuffer();
    let sent = 0;
    const made: string[] = [];
    for (let i = 0; i < 2_000; i++) {
      // One packet in two hundred is missing at its time: 100 s of 0.5 %.
      if (i % 200 !== 199) buffer.push(timestamp(sent++), false, octets(20), LAW);
      made.push(buffer.pop(new Uint8Array(160)));
    }
    const heard = made.slice(DELAY_FRAMES);
    expect(heard.filter((content) => content === 'sound').length).toBeGreaterThan(1_900);
    expect(buffer.late).toBeLessThanOrEqual(10);
    expect(buffer.resyncs).toBe(0);
  });

  it('changes to the law of what comes', () => {
    const buffer = new JitterBuffer('PCMU');
    const tone = (law: 'PCMU' | 'PCMA'): Uint8Array => encodeG711(new Int16Array(160).fill(4_000), law);
    const frame = new Uint8Array(160);
    buffer.push(0, false, tone('PCMU'), 'PCMU');
    buffer.push(160, false, tone('PCMA'), 'PCMA');
    buffer.skip(480);
    const heard = [0, 1].flatMap(() => {
      buffer.pop(frame);
      return [...decodeG711(frame, buffer.law)];
    });
    expect(buffer.law).toBe('PCMA');
    expect(heard).toHaveLength(320);
    for (const sample of heard) expect(Math.abs(sample - 4_000)).toBeLessThan(130);
  });

  it('sounds like a line while the far end sends comfort noise, and not after it', () => {
    const buffer = new JitterBuffer();
    play(buffer, [[100], [101]]);
    buffer.noise(timestamp(102), -40);
    const noise = play(
      buffer,
      Array.from({ length: 50 }, () => []),
    );
    expect(noise.slice(0, 3).map(content)).toEqual([undefined, 100, 101].map((n) => n ?? SILENCE));
    const pcm = Int16Array.from(noise.slice(3).flatMap((frame) => [...frame].map(linear)));
    // 0 dBov is 6.2 dBm0 less the 3 dB between a square and a sine.
    expect(level(pcm)).toBeCloseTo(-40 + 6.15, 0);
    buffer.push(timestamp(200), true, octets(50), LAW);
    const after = play(
      buffer,
      Array.from({ length: 10 }, () => []),
    );
    expect(after.map(content)).toContain(50);
    expect(content(after.at(-1)!)).toBe(SILENCE);
  });

  it('follows a clock that jumps ahead', () => {
    const buffer = new JitterBuffer();
    play(buffer, [[1], [2], [3], [4]]);
    const frames = play(buffer, [[200], [201], [202], [203], [204]]);
    expect(frames.slice(DELAY_FRAMES).map(content)).toEqual([200, 201]);
    expect(buffer.resyncs).toBe(1);
  });

  it('follows a clock that fell behind, after some late packets or at once with a marker', () => {
    const slow = new JitterBuffer();
    play(slow, [[1], ...Array.from({ length: 30 }, () => [])]);
    const late = Array.from({ length: MAX_LATE_IN_A_ROW }, (_, i) => [2 + i]);
    play(slow, late);
    expect(slow.resyncs).toBe(1);
    expect(slow.late).toBe(MAX_LATE_IN_A_ROW - 1);
    const marked = new JitterBuffer();
    play(marked, [[1], [], [], [], [], [], [], []]);
    marked.push(timestamp(2), true, octets(2), LAW);
    const frames = play(marked, [[3], [4], [5], [6]]);
    expect(content(frames[3]!)).toBe(2);
    expect(marked.late).toBe(0);
  });

  it('forgets what was skipped', () => {
    const buffer = new JitterBuffer();
    play(buffer, [[1]]);
    for (const n of [2, 3, 4, 5, 6]) buffer.push(timestamp(n), false, octets(n), LAW);
    buffer.skip(160 * 4);
    expect(play(buffer, [[], []]).map(content)).toEqual([3, 4]);
    buffer.skip(160 * 1_000);
    expect(content(play(buffer, [[]])[0]!)).not.toBe(5);
  });
});
