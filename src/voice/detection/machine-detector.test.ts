import { describe, expect, it } from 'vitest';
import { encodedKey } from '#voice/codecs/dtmf-tones.js';
import { decodeG711 } from '#voice/codecs/g711.js';
import { generateTones } from '#voice/codecs/tones.js';
import { MachineDetector } from '#voice/detection/machine-detector.js';
import { joined, quiet, utterance } from '#voice/detection/utterance.fixture.js';
import type { MachineDetectionOptions, MachineEvidence, MachineVerdict } from '#voice/engine.js';
import { seededRandom } from '#voice/media/media-rig.test.support.js';

interface Told {
  verdicts: { verdict: MachineVerdict; revised: boolean; evidence: MachineEvidence }[];
  beeps: { hz: number; durationMs: number; atMs: number }[];
  silences: { silenceMs: number; atMs: number }[];
  detector: MachineDetector;
}

function listen(pcm: Int16Array, options: MachineDetectionOptions = {}): Told {
  const told: Omit<Told, 'detector'> = { verdicts: [], beeps: [], silences: [] };
  const detector: MachineDetector = new MachineDetector(options, {
    verdict: (verdict, revised, evidence) => told.verdicts.push({ verdict, revised, evidence }),
    beep: (hz, durationMs) => told.beeps.push({ hz, durationMs, atMs: detector.heardMs }),
    silence: (silenceMs) => told.silences.push({ silenceMs, atMs: detector.heardMs }),
  });
  for (let at = 0; at + 160 <= pcm.length; at += 160) detector.hear(pcm.subarray(at, at + 160));
  return { ...told, detector };
}

const kinds = ({ verdicts }: Told): MachineVerdict[] => verdicts.map(({ verdict }) => verdict);
const tone = (hz: number, ms: number, dBm0 = -15): Int16Array => generateTones([{ hz, dBm0 }], ms);
const tones = (hz: number[], ms: number): Int16Array =>
  generateTones(
    hz.map((one) => ({ hz: one, dBm0: -18 })),
    ms,
  );

function withNoise(pcm: Int16Array, dBFS: number): Int16Array {
  const random = seededRandom(7);
  const most = 32_768 * 10 ** (dBFS / 20) * Math.sqrt(3);
  return pcm.map((sample) => Math.max(-32_768, Math.min(32_767, sample + most * (2 * random() - 1))));
}

describe('speech and silence', () => {
  it('a few words and then silence are a person, as soon as the silence is long enough', () => {
    const told = listen(joined(quiet(500), utterance(660), quiet(4_000)));
    expect(kinds(told)).toEqual(['human']);
    const { evidence, revised } = told.verdicts[0]!;
    expect(revised).toBe(false);
    expect(evidence.atMs).toBeGreaterThanOrEqual(500 + 660 + 1_100);
    expect(evidence.atMs).toBeLessThanOrEqual(500 + 660 + 1_300);
    expect(Math.abs(evidence.speechMs - 660)).toBeLessThanOrEqual(120);
    expect(evidence.silenceMs).toBeGreaterThanOrEqual(1_200);
    expect(evidence.firstPauseMs).toBe(0);
    expect(evidence.why).toMatch(/ms of silence after \d+ ms of speech/);
  });

  it('the longer somebody has spoken, the longer the silence that is waited for', () => {
    const short = listen(joined(utterance(660), quiet(4_000))).verdicts[0]!.evidence;
    const long = listen(joined(utterance(2_000), quiet(4_000))).verdicts[0]!;
    expect(long.verdict).toBe('human');
    expect(long.evidence.silenceMs - short.silenceMs).toBeGreaterThanOrEqual(300);
    expect(long.evidence.silenceMs).toBeLessThanOrEqual(1_820);
  });

  it('speech without a longer pause is a machine, before it has ended', () => {
    const told = listen(joined(quiet(300), utterance(1_500), quiet(500), utterance(3_000)));
    expect(kinds(told)).toEqual(['machine']);
    const { evidence } = told.verdicts[0]!;
    expect(evidence.speechMs).toBeGreaterThanOrEqual(2_400);
    expect(evidence.atMs).toBeLessThanOrEqual(300 + 500 + 2_700);
    expect(Math.abs(evidence.firstPauseMs - 500)).toBeLessThanOrEqual(120);
  });

  it.each([-35, -20, -10])('the level does not matter: %d dBFS', (dB) => {
    expect(kinds(listen(joined(quiet(400), utterance(600, dB), quiet(2_500))))).toEqual(['human']);
    expect(kinds(listen(joined(quiet(400), utterance(4_000, dB), quiet(100))))).toEqual(['machine']);
  });

  it('digital silence is no person', () => {
    const told = listen(quiet(30_000));
    expect(kinds(told)).toEqual(['silence']);
    expect(told.verdicts[0]!.evidence).toMatchObject({ atMs: 4_000, speechMs: 0, silenceMs: 4_000 });
  });

  it.each([-55, -45, -35, -25])('nor is the noise of a line, %d dBFS, that is there or begins', (dBFS) => {
    expect(kinds(listen(withNoise(quiet(12_000), dBFS)))).toEqual(['silence']);
    expect(kinds(listen(joined(quiet(1_000), withNoise(quiet(12_000), dBFS))))).toEqual(['silence']);
  });

  it.each([-50, -40])('a person is heard in noise of %d dBFS', (dBFS) => {
    expect(kinds(listen(withNoise(joined(quiet(700), utterance(600, -20), quiet(3_000)), dBFS)))).toEqual(['human']);
  });

  it('a verdict of silence is changed by the first words', () => {
    const told = listen(joined(quiet(5_000), utterance(600), quiet(2_000)));
    expect(told.verdicts.map(({ verdict, revised }) => [verdict, revised])).toEqual([
      ['silence', false],
      ['human', true],
    ]);
  });

  it('a click is not a word', () => {
    const click = tone(1_000, 30, 0);
    expect(kinds(listen(joined(quiet(1_000), click, quiet(800), click, quiet(5_000))))).toEqual(['silence']);
  });

  it('whoever never comes to an end nor to a pause is unknown', () => {
    const piece = joined(utterance(480), quiet(1_000));
    const told = listen(joined(piece, piece, piece, piece, piece), { machineSpeechMs: 5_000, verdictMs: 5_000 });
    expect(kinds(told)[0]).toBe('unknown');
  });

  it('all limits can be set', () => {
    const options = { humanSilenceMs: 600, machineSpeechMs: 1_000, initialSilenceMs: 2_000 };
    expect(listen(joined(utterance(600), quiet(2_000)), options).verdicts[0]!.evidence.silenceMs).toBe(600);
    expect(kinds(listen(joined(utterance(1_500), quiet(100)), options))).toEqual(['machine']);
    expect(listen(quiet(2_500), options).verdicts[0]!.evidence.atMs).toBe(2_000);
  });

  it('a limit that is not given keeps its default', () => {
    const told = listen(quiet(5_000), { initialSilenceMs: undefined } as unknown as MachineDetectionOptions);
    expect(told.verdicts[0]!.evidence.atMs).toBe(4_000);
  });

  it('ends after its time, and says nothing more', () => {
    const told = listen(joined(quiet(2_500), utterance(5_000)), { maxMs: 2_000 });
    expect(told.detector.isDone).toBe(true);
    expect(told.detector.heardMs).toBe(2_000);
    expect(told.verdicts).toEqual([]);
  });
});

describe("a mailbox's tone", () => {
  const greeting = joined(quiet(300), utterance(900), quiet(1_500));

  it.each(
    [400, 425, 440, 620, 850, 1_000, 1_400, 2_000].flatMap((hz) =>
      [hz < 600 ? 160 : 110, 300, 1_000, 3_000].map((ms) => [hz, ms] as const),
    ),
  )('%d Hz for %d ms makes a machine of a person, and is told at its end', (hz, ms) => {
    const told = listen(joined(greeting, tone(hz, ms), quiet(600)));
    expect(told.verdicts.map(({ verdict, revised }) => [verdict, revised])).toEqual([
      ['human', false],
      ['machine', true],
    ]);
    expect(Math.abs(told.verdicts[1]!.evidence.beepHz! - hz)).toBeLessThanOrEqual(5);
    expect(told.beeps).toHaveLength(1);
    const beep = told.beeps[0]!;
    expect(Math.abs(beep.hz - hz)).toBeLessThanOrEqual(5);
    expect(Math.abs(beep.durationMs - ms)).toBeLessThanOrEqual(40);
    const lateMs = beep.atMs - (2_700 + ms);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThanOrEqual(40);
  });

  it.each([-35, -25, -5])('is heard at %d dBm0, and in noise', (dBm0) => {
    const pcm = joined(quiet(300), utterance(900, Math.min(-10, dBm0)), quiet(700), tone(1_000, 300, dBm0), quiet(500));
    expect(listen(pcm).beeps).toHaveLength(1);
    expect(listen(withNoise(pcm, dBm0 - 14)).beeps).toHaveLength(1);
  });

  it('may be two notes at once, and may swell', () => {
    const two = tones([800, 1_200], 400);
    const swelling = tone(1_000, 400).map((sample, n) => sample * Math.min(1, n / 640));
    expect(listen(joined(greeting, two, quiet(500))).beeps).toHaveLength(1);
    expect(listen(joined(greeting, swelling, quiet(500))).beeps).toHaveLength(1);
  });

  it('is heard through packets that the jitter buffer made up', () => {
    const pcm = joined(quiet(300), utterance(3_000), quiet(500), tone(1_000, 500), quiet(500));
    const beeps: number[] = [];
    const detector = new MachineDetector(
      {},
      { verdict: () => undefined, beep: (hz) => beeps.push(hz), silence: () => undefined },
    );
    for (let at = 0; at + 160 <= pcm.length; at += 160) {
      const isLost = (at / 160) % 9 === 4;
      const fading = pcm.subarray(at, at + 160).map((sample, n) => sample * (1 - n / 400));
      detector.hear(isLost ? fading : pcm.subarray(at, at + 160), isLost);
    }
    expect(beeps).toEqual([1_000]);
  });

  it('is not a key that is pressed, nor speech, nor a tone in the midst of sound', () => {
    const keys = [...'159#'].flatMap((digit) => [decodeG711(encodedKey(digit, 'PCMU', 120), 'PCMU'), quiet(120)]);
    expect(listen(joined(utterance(600), quiet(1_500), ...keys, quiet(500))).beeps).toEqual([]);
    expect(listen(utterance(20_000)).beeps).toEqual([]);
    const before = utterance(2_900).subarray(0, 8 * 2_840);
    expect(listen(joined(before, tone(1_000, 300, -25), utterance(2_000))).beeps).toEqual([]);
  });

  it('alone is a machine that does not greet', () => {
    expect(kinds(listen(joined(quiet(800), tone(1_400, 500), quiet(2_000))))).toEqual(['machine']);
    expect(kinds(listen(joined(quiet(800), tone(440, 500), quiet(3_000))))).toEqual(['machine']);
  });

  it('ends the greeting; without one, silence does, once', () => {
    const beeped = joined(utterance(4_000), quiet(500), tone(1_000, 300), quiet(6_000));
    expect(listen(beeped).silences).toEqual([]);
    const silent = listen(joined(utterance(4_000), quiet(4_000), utterance(3_000), quiet(4_000)));
    expect(silent.silences).toHaveLength(1);
    expect(silent.silences[0]!.silenceMs).toBe(2_500);
    expect(silent.silences[0]!.atMs).toBeLessThanOrEqual(4_000 + 2_640);
    expect(listen(joined(utterance(600), quiet(6_000))).silences).toEqual([]);
  });
});

describe('what is neither a person nor a mailbox', () => {
  it('a fax that answers', () => {
    const told = listen(joined(quiet(1_000), tone(2_100, 3_000), quiet(500)));
    expect(kinds(told)).toEqual(['fax']);
    expect(told.verdicts[0]!.evidence.atMs).toBeLessThanOrEqual(1_600);
  });

  it('a fax that answers with turns of the phase and a swinging strength (V.8)', () => {
    const pcm = Int16Array.from({ length: 24_000 }, (_, n) => {
      const turned = Math.floor(n / 3_600) % 2 === 1 ? -1 : 1;
      return (
        6_000 *
        turned *
        (1 + 0.2 * Math.sin((2 * Math.PI * 15 * n) / 8_000)) *
        Math.sin((2 * Math.PI * 2_100 * n) / 8_000)
      );
    });
    expect(kinds(listen(joined(quiet(500), pcm)))).toEqual(['fax']);
  });

  it('a fax that calls', () => {
    const once = joined(tone(1_100, 500), quiet(3_000));
    expect(kinds(listen(joined(quiet(500), once, once)))).toEqual(['fax']);
  });

  it.each([
    [
      [950, 330],
      [1_400, 330],
      [1_800, 330],
    ],
    [
      [913.8, 276],
      [1_370.6, 276],
      [1_776.7, 380],
    ],
    [
      [985.2, 380],
      [1_428.5, 276],
      [1_776.7, 380],
    ],
    [
      [985.2, 276],
      [1_370.6, 380],
      [1_776.7, 380],
    ],
  ])('special information tones %s %s %s', (...three) => {
    for (const gapMs of [0, 4, 30]) {
      const parts = three.flatMap(([hz, ms]) => [tone(hz!, ms!), quiet(gapMs)]);
      const told = listen(joined(quiet(400), ...parts, quiet(400), utterance(4_000)));
      expect(kinds(told)).toEqual(['network']);
      expect(told.beeps).toEqual([]);
    }
  });

  it.each([
    ['busy, North America', [480, 620], 500, 500],
    ['reorder, North America', [480, 620], 250, 250],
    ['busy, Europe', [425], 480, 480],
    ['congestion, Europe', [425], 240, 240],
    ['ringing, Europe', [425], 1_000, 4_000],
    ['ringing, North America', [440, 480], 2_000, 4_000],
  ])('%s', (_name, hz, onMs, offMs) => {
    const once = joined(tones(hz, onMs), quiet(offMs));
    const told = listen(joined(quiet(400), once, once, once));
    expect(kinds(told)).toEqual(['network']);
    expect(told.beeps).toEqual([]);
  });

  it('whoever speaks again soon after the tone: a screening', () => {
    const told = listen(joined(utterance(4_000), quiet(400), tone(900, 250), quiet(3_500), utterance(2_000)));
    expect(kinds(told)).toEqual(['machine', 'screening']);
    const mailbox = listen(joined(utterance(4_000), quiet(400), tone(900, 250), quiet(15_000), utterance(2_000)));
    expect(kinds(mailbox)).toEqual(['machine']);
  });

  it('a person who spoke for long and then asks whether anybody is there', () => {
    const told = listen(joined(utterance(3_000), quiet(2_400), utterance(500), quiet(2_000)));
    expect(kinds(told)).toEqual(['machine', 'human']);
  });
});
