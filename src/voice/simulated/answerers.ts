import type { MachineEvidence, MachineVerdict } from '#voice/engine.js';

/** Something that is heard of whoever answered. */
export type Heard =
  | { kind: 'machine'; verdict: MachineVerdict; revised: boolean; evidence: MachineEvidence }
  | { kind: 'machine.beep'; frequencyHz: number; durationMs: number }
  | { kind: 'machine.silence'; silenceMs: number };

/** In the order in which it is heard, `atMs` after the answer. */
export type Answerer = readonly { atMs: number; heard: Heard }[];

const BEEP_HZ = 1000;

function verdict(
  atMs: number,
  verdict: MachineVerdict,
  speechMs: number,
  why: string,
  more: { revised?: boolean; beepHz?: number } = {},
): Answerer[number] {
  const { revised = false, ...beep } = more;
  const silenceMs = atMs - speechMs;
  const evidence = { atMs, speechMs, silenceMs, longestSpeechMs: speechMs, firstPauseMs: silenceMs, why, ...beep };
  return { atMs, heard: { kind: 'machine', verdict, revised, evidence } };
}

const beep = (atMs: number): Answerer[number] => ({
  atMs,
  heard: { kind: 'machine.beep', frequencyHz: BEEP_HZ, durationMs: 400 },
});

/** "Hello?", and waits. */
export const PERSON: Answerer = [verdict(1600, 'human', 400, 'a short greeting, then silence')];

/** A greeting of five seconds and a beep. */
export const MAILBOX: Answerer = [verdict(3000, 'machine', 2800, 'a long greeting'), beep(5900)];

/** A greeting of five seconds, and nothing more. */
export const MAILBOX_WITHOUT_BEEP: Answerer = [
  verdict(3000, 'machine', 2800, 'a long greeting'),
  { atMs: 7500, heard: { kind: 'machine.silence', silenceMs: 2500 } },
];

/** So short a greeting, and so long a pause, that it is taken for a person until it beeps. */
export const MAILBOX_LIKE_A_PERSON: Answerer = [
  verdict(2000, 'human', 800, 'a short greeting, then silence'),
  verdict(4400, 'machine', 800, 'a beep', { revised: true, beepHz: BEEP_HZ }),
  beep(4400),
];

export const FAX: Answerer = [verdict(1500, 'fax', 0, 'the tone of a fax machine, 2,100 Hz')];

export const ANNOUNCEMENT: Answerer = [verdict(1300, 'network', 0, 'three rising tones of the network')];

/** An assistant that asks who is calling and why. */
export const SCREENING: Answerer = [verdict(5000, 'screening', 3500, 'an assistant asks who is calling')];

/** Picks up and says nothing. */
export const SILENCE: Answerer = [verdict(2500, 'silence', 0, 'nothing was said')];

/** Something is heard that is like nothing known. */
export const NOISE: Answerer = [verdict(3500, 'unknown', 900, 'speech and noise without a pause to judge by')];
