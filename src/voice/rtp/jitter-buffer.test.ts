import { describe, expect, it } from 'vitest';
import { JitterBuffer, MAX_LATE_IN_A_ROW, PLAYOUT_DELAY_MS } from '#voice/rtp/jitter-buffer.js';

/** "Octets" that decode to themselves: packet n holds nothing but n. */
const identity = Int16Array.from({ length: 256 }, (_, i) => i);
const START = 0xffff_fff0;
const DELAY_FRAMES = PLAYOUT_DELAY_MS / 20;

const octets = (n: number, length = 160): Uint8Array => new Uint8Array(length).fill(n);
const timestamp = (n: number): number => (START + n * 160) >>> 0;

/** Plays a schedule: before each frame is taken out, the packets listed for it arrive. Returns each frame's samples. */
function play(buffer: JitterBuffer, arrivals: number[][]): Int16Array[] {
  return arrivals.map((packets) => {
    for (const n of packets) buffer.push(timestamp(n), false, octets(n), identity);
    const frame = new Int16Array(160);
    buffer.pop(frame);
    return frame;
  });
}

/** What a frame is full of, or undefined for a mixture. */
const content = (frame: Int16Array): number | undefined => (frame.every((s) => s === frame[0]) ? frame[0] : undefined);

describe('JitterBuffer', () => {
  it('plays a steady stream after its delay, over the wrap of the timestamp', () => {
    const frames = play(
      new JitterBuffer(),
      Array.from({ length: 20 }, (_, n) => [n + 1]),
    );
    expect(frames.map(content)).toEqual([0, 0, 0, ...Array.from({ length: 17 }, (_, n) => n + 1)]);
  });

  it('is silent before anything has come', () => {
    expect(play(new JitterBuffer(), [[], []]).map(content)).toEqual([0, 0]);
  });

  it('puts reordered packets right and drops duplicates', () => {
    const buffer = new JitterBuffer();
    const frames = play(buffer, [[1], [3, 3], [2, 1], [4], [5], [], [], []]);
    expect(frames.slice(DELAY_FRAMES, 8).map(content)).toEqual([1, 2, 3, 4, 5]);
    expect(buffer.duplicates).toBe(2);
    expect(buffer.late).toBe(0);
  });

  it('plays a packet that comes as late as its delay, and drops a later one', () => {
    const buffer = new JitterBuffer();
    const frames = play(buffer, [[100], [], [], [], [101, 102, 103], [104], [], []]);
    expect(frames.slice(DELAY_FRAMES).map(content)).toEqual([100, 101, 102, 103, 104]);
    play(buffer, [[104]]);
    expect(buffer.late).toBe(1);
  });

  it('conceals a lost packet by repeating the last one, fading', () => {
    const buffer = new JitterBuffer();
    const frames = play(buffer, [[100], [101], [103], [104], [], [], []]);
    const concealed = frames[5]!;
    expect(concealed[0]).toBe(101);
    expect(concealed[159]).toBeLessThan(101);
    expect(concealed[159]).toBeGreaterThan(60);
    expect(content(frames[6]!)).toBe(103);
    expect(buffer.concealedSamples).toBe(160);
  });

  it('fades to silence when nothing more comes', () => {
    const frames = play(new JitterBuffer(), [[100], [], [], [], [], [], [], []]);
    expect(frames[3]!.every((sample) => sample === 100)).toBe(true);
    expect(frames[4]![0]).toBe(100);
    expect(frames[6]!.at(-1)).toBeLessThan(2);
    expect(content(frames[7]!)).toBe(0);
  });

  it('takes packets of any length, and the rest of one that is partly late', () => {
    const buffer = new JitterBuffer();
    buffer.push(0, false, octets(1, 240), identity);
    buffer.push(240, false, octets(2, 80), identity);
    buffer.skip(480 + 80);
    buffer.push(320, false, octets(3, 80), identity);
    const frame = new Int16Array(160);
    buffer.pop(frame);
    expect(content(frame)).toBe(1);
    buffer.push(160, false, octets(9, 200), identity);
    buffer.pop(frame);
    expect([...new Set(frame)]).toEqual([2, 3]);
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
    play(slow, [[1], [], [], [], [], [], [], []]);
    const late = Array.from({ length: MAX_LATE_IN_A_ROW }, (_, i) => [2 + i]);
    play(slow, late);
    expect(slow.resyncs).toBe(1);
    expect(slow.late).toBe(MAX_LATE_IN_A_ROW - 1);
    const marked = new JitterBuffer();
    play(marked, [[1], [], [], [], [], [], [], []]);
    marked.push(timestamp(2), true, octets(2), identity);
    const frames = play(marked, [[3], [4], [5], [6]]);
    expect(content(frames[3]!)).toBe(2);
    expect(marked.late).toBe(0);
  });

  it('forgets what was skipped', () => {
    const buffer = new JitterBuffer();
    play(buffer, [[1]]);
    for (const n of [2, 3, 4, 5, 6]) buffer.push(timestamp(n), false, octets(n), identity);
    buffer.skip(160 * 4);
    expect(play(buffer, [[], []]).map(content)).toEqual([3, 4]);
    buffer.skip(160 * 1_000);
    expect(content(play(buffer, [[]])[0]!)).not.toBe(5);
  });
});
