/** What the detector makes of a case of the corpus, and how that compares with the truth. */
import { MachineDetector } from '#voice/detection/machine-detector.js';
import type { MachineDetectionOptions, MachineEvidence, MachineVerdict } from '#voice/engine.js';
import type { CorpusCase } from './corpus.js';

const FRAME = 160;

export interface Heard {
  first: MachineVerdict | 'none';
  /** From the answer. */
  firstMs: number;
  last: MachineVerdict | 'none';
  evidence: MachineEvidence | undefined;
  /** From the answer, in the order in which they were told. */
  beeps: { hz: number; toldMs: number; durationMs: number }[];
  silences: number;
}

export function listen(testCase: Pick<CorpusCase, 'pcm' | 'concealed'>, options: MachineDetectionOptions = {}): Heard {
  const heard: Heard = { first: 'none', firstMs: 0, last: 'none', evidence: undefined, beeps: [], silences: 0 };
  const detector = new MachineDetector(options, {
    verdict(verdict, revised, evidence) {
      if (!revised) Object.assign(heard, { first: verdict, firstMs: evidence.atMs });
      Object.assign(heard, { last: verdict, evidence });
    },
    beep: (hz, durationMs) => void heard.beeps.push({ hz, durationMs, toldMs: detector.heardMs }),
    silence: () => void heard.silences++,
  });
  for (let at = 0; at + FRAME <= testCase.pcm.length; at += FRAME)
    detector.hear(testCase.pcm.subarray(at, at + FRAME), testCase.concealed[at / FRAME] === 1);
  return heard;
}
