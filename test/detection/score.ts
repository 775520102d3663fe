/** Counts what was made of many cases: matrices of truth and verdict, beeps found and made up, and times. */
import { DtmfDetector } from '#voice/codecs/dtmf-detector.js';
import { MACHINE_VERDICTS, type MachineVerdict } from '#voice/engine.js';
import { PLAYOUT_DELAY_MS } from '#voice/rtp/jitter-buffer.js';
import { classicDetection } from './classic-detector.js';
import { CALLED, type Called, type CorpusCase } from './corpus.js';
import { listen, type Heard } from './judge.js';

const FRAME = 160;
/** A beep that is told so long after its end, or so long before, is that beep. */
const BEEP_WITHIN_MS = 250;
/** A tone before any word may be that of a busy line: it is waited for a second one. */
const BEEP_ALONE_WITHIN_MS = 1_600;

/** What is right. Of a screening: that it is a machine, or more. */
const RIGHT: Record<Called, readonly (MachineVerdict | 'none')[]> = {
  person: ['human'],
  talker: ['human'],
  mailbox: ['machine'],
  menu: ['machine'],
  screening: ['machine', 'screening'],
  fax: ['fax'],
  network: ['network'],
  nothing: ['silence', 'unknown'],
};
/** The classic algorithm knows people and machines; on these the two are compared. */
const COMPARED: readonly Called[] = ['person', 'talker', 'mailbox', 'menu'];

export const VERDICTS = [...MACHINE_VERDICTS, 'none'] as const;
type Row = Record<(typeof VERDICTS)[number], number>;
export type Matrix = Record<Called, Row>;

const emptyMatrix = (): Matrix =>
  Object.fromEntries(
    CALLED.map((called) => [called, Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0]))]),
  ) as Matrix;

export class Score {
  readonly first = emptyMatrix();
  readonly last = emptyMatrix();
  readonly compared = { cases: 0, first: 0, last: 0, classic: 0 };
  readonly beeps = { cases: 0, found: 0, madeUp: 0 };
  /** From the end of a person's first words, and from the answer, to the verdict `human`. */
  readonly afterWordsMs: number[] = [];
  readonly afterAnswerMs: number[] = [];
  /** From the end of a beep, as it reaches the ear of the leg, to its event. */
  readonly afterBeepMs: number[] = [];
  /** Keys that the detector of in-band tones heard, where nobody pressed one. */
  keysMadeUp = 0;
  /** Time of the processor for 20 ms, without that of making the case. */
  frames = 0;
  spentMs = 0;

  add(testCase: CorpusCase): Heard {
    const { called, pcm, beep, firstWordsEndMs } = testCase;
    const before = process.cpuUsage();
    const heard = listen(testCase);
    const { user, system } = process.cpuUsage(before);
    this.spentMs += (user + system) / 1_000;
    this.frames += pcm.length / FRAME;
    const keys = new DtmfDetector({ pressed: () => void this.keysMadeUp++, released: () => undefined });
    for (let at = 0; at + FRAME <= pcm.length; at += FRAME) keys.heard(pcm.subarray(at, at + FRAME));
    this.first[called][heard.first]++;
    this.last[called][heard.last]++;
    if (COMPARED.includes(called)) {
      this.compared.cases++;
      if (RIGHT[called].includes(heard.first)) this.compared.first++;
      if (RIGHT[called].includes(heard.last)) this.compared.last++;
      const classic = classicDetection(pcm).verdict;
      if (classic === (RIGHT[called].includes('human') ? 'human' : 'machine')) this.compared.classic++;
    }
    if (called === 'person' && heard.first === 'human' && firstWordsEndMs !== undefined) {
      this.afterAnswerMs.push(heard.firstMs);
      this.afterWordsMs.push(heard.firstMs - PLAYOUT_DELAY_MS - firstWordsEndMs);
    }
    // A screening's chime is one as well, and no mailbox's.
    if (called !== 'screening') this.#countBeeps(heard, beep, testCase.kind === 'tone only');
    return heard;
  }

  #countBeeps(heard: Heard, beep: CorpusCase['beep'], isAlone: boolean): void {
    if (beep) this.beeps.cases++;
    let isFound = false;
    for (const { toldMs } of heard.beeps) {
      const lateMs = beep ? toldMs - PLAYOUT_DELAY_MS - beep.endMs : Infinity;
      const isIt = lateMs >= -BEEP_WITHIN_MS && lateMs <= (isAlone ? BEEP_ALONE_WITHIN_MS : BEEP_WITHIN_MS);
      if (isIt && !isFound) this.afterBeepMs.push(lateMs);
      else this.beeps.madeUp++;
      isFound ||= isIt;
    }
    if (isFound) this.beeps.found++;
  }

  /** The part of the cases of a kind with the right verdict. */
  part(matrix: Matrix, called: Called): number {
    const row = matrix[called];
    const all = VERDICTS.reduce((sum, verdict) => sum + row[verdict], 0);
    return RIGHT[called].reduce((sum, verdict) => sum + row[verdict], 0) / all;
  }

  printed(): string[] {
    const { compared, beeps } = this;
    const percent = (part: number, of: number): string => `${((100 * part) / of).toFixed(1)} %`;
    return [
      ...printedMatrix('first verdict', this.first),
      ...printedMatrix('after revision', this.last),
      `people and talkers, mailboxes and menus told apart, of ${compared.cases}: first verdict ${percent(compared.first, compared.cases)}, ` +
        `after revision ${percent(compared.last, compared.cases)}; classic ${percent(compared.classic, compared.cases)}`,
      `beeps found: ${beeps.found} of ${beeps.cases} (${percent(beeps.found, beeps.cases)}), made up: ${beeps.madeUp}; keys made up: ${this.keysMadeUp}`,
      `a beep is told after its end: ${times(this.afterBeepMs)}`,
      `a person has the verdict after the first words: ${times(this.afterWordsMs)}; after the answer: ${times(this.afterAnswerMs)}`,
      `${((this.spentMs * 1_000) / this.frames).toFixed(1)} µs for 20 ms of one leg`,
    ];
  }
}

function printedMatrix(title: string, matrix: Matrix): string[] {
  const head = `${title.padEnd(16)}${VERDICTS.map((verdict) => verdict.padStart(10)).join('')}`;
  return [
    head,
    ...CALLED.map(
      (called) =>
        called.padEnd(16) + VERDICTS.map((verdict) => String(matrix[called][verdict] || '·').padStart(10)).join(''),
    ),
    '',
  ];
}

function times(ms: readonly number[]): string {
  const sorted = [...ms].sort((a, b) => a - b);
  const at = (part: number): string => `${Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? NaN)} ms`;
  return `median ${at(0.5)}, 95 % within ${at(0.95)}`;
}
