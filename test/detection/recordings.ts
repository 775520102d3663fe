/**
 * Real voices, where Debian's asterisk-core-sounds-*-wav is installed: short recordings as a person's first words, long
 * ones as a greeting with that package's beep. Prompts of four speakers, spoken in a studio: no calls, but no synthesis.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { decodeG711, encodeG711 } from '#voice/codecs/g711.js';
import { DtmfDetector } from '#voice/codecs/dtmf-detector.js';
import { readWav } from '#speech/wav.js';
import { listen } from './judge.js';
import { classicDetection } from './classic-detector.js';
import { join, mixInto, noise, samples, silence } from './sounds.js';

const FOLDER = process.env['DETECTION_RECORDINGS'] ?? '/usr/share/asterisk/sounds';
/** Recordings that are tones themselves. */
const NOT_SPOKEN = /beep|tone|ring|busy|silence/;
const SHORT_MS = { least: 300, most: 1_700 };
const LONG_MS = 3_200;
const FRAME = 160;

export function printedRecordings(): string[] {
  if (!existsSync(FOLDER)) return [`recorded voices: not measured, ${FOLDER} is not there`];
  const speakers = readdirSync(FOLDER).filter((name) => existsSync(path(FOLDER, name, 'beep.wav')));
  return speakers.map((speaker) => ofSpeaker(speaker));
}

function ofSpeaker(speaker: string): string {
  const read = (file: string): Float32Array =>
    Float32Array.from(readWav(readFileSync(path(FOLDER, speaker, file))).pcm, (sample) => sample / 32_768);
  const beep = read('beep.wav');
  const count = { people: 0, human: 0, classicHuman: 0, greetings: 0, machine: 0, beeps: 0, madeUp: 0, keys: 0, ms: 0 };
  const keys = new DtmfDetector({ pressed: () => void count.keys++, released: () => undefined });
  for (const file of readdirSync(path(FOLDER, speaker))) {
    if (!file.endsWith('.wav') || NOT_SPOKEN.test(file)) continue;
    const spoken = read(file);
    const ms = spoken.length / samples(1);
    count.ms += ms;
    const isGreeting = ms >= LONG_MS;
    const whole = join(silence(500), spoken, silence(600), isGreeting ? beep : silence(0), silence(4_000));
    mixInto(whole, noise('pink', whole.length, 1), 0, 0.000_5);
    const pcm = decodeG711(
      encodeG711(
        Int16Array.from(whole, (sample) => sample * 32_767),
        'PCMU',
      ),
      'PCMU',
    );
    const heard = listen({ pcm, concealed: new Uint8Array(pcm.length / FRAME) });
    for (let at = 0; at + FRAME <= pcm.length; at += FRAME) keys.heard(pcm.subarray(at, at + FRAME));
    const beepEndMs = 500 + ms + 600 + beep.length / samples(1);
    const found = isGreeting && heard.beeps.some(({ toldMs }) => Math.abs(toldMs - beepEndMs) < 200);
    count.madeUp += heard.beeps.length - (found ? 1 : 0);
    if (isGreeting) {
      count.greetings++;
      if (heard.first === 'machine') count.machine++;
      if (found) count.beeps++;
    } else if (ms >= SHORT_MS.least && ms <= SHORT_MS.most) {
      count.people++;
      if (heard.first === 'human') count.human++;
      if (classicDetection(pcm).verdict === 'human') count.classicHuman++;
    }
  }
  return (
    `${speaker}: short ones human ${count.human} of ${count.people} (classic ${count.classicHuman}), ` +
    `long ones machine ${count.machine} of ${count.greetings}, beeps ${count.beeps} of ${count.greetings}; ` +
    `in ${(count.ms / 60_000).toFixed(0)} minutes of speech ${count.madeUp} beeps and ${count.keys} keys made up`
  );
}
