/**
 * The classic algorithm, for comparison: counts words and silences against fixed thresholds, as the documentation of
 * Asterisk's AMD() application describes its parameters, with the values of its sample configuration.
 */
export const CLASSIC = {
  initialSilenceMs: 2_500,
  greetingMs: 1_500,
  afterGreetingSilenceMs: 800,
  totalAnalysisMs: 5_000,
  minimumWordMs: 100,
  betweenWordsSilenceMs: 50,
  maximumWords: 3,
  /** Mean of the samples' absolute values in a frame. */
  silenceThreshold: 256,
};

const FRAME = 160;
const FRAME_MS = 20;

export interface ClassicResult {
  verdict: 'human' | 'machine' | 'unknown';
  atMs: number;
}

/** 8,000 samples a second, from the answer on. */
export function classicDetection(pcm: Int16Array): ClassicResult {
  let silenceMs = 0;
  let voiceMs = 0;
  let wordMs = 0;
  let words = 0;
  let isInWord = false;
  let hasGreeting = false;
  for (let at = 0; at + FRAME <= pcm.length; at += FRAME) {
    const atMs = (at / FRAME + 1) * FRAME_MS;
    let sum = 0;
    for (let n = at; n < at + FRAME; n++) sum += Math.abs(pcm[n]!);
    if (sum / FRAME < CLASSIC.silenceThreshold) {
      silenceMs += FRAME_MS;
      if (silenceMs >= CLASSIC.betweenWordsSilenceMs) {
        isInWord = false;
        wordMs = 0;
      }
      if (!hasGreeting && silenceMs >= CLASSIC.initialSilenceMs) return { verdict: 'machine', atMs };
      if (hasGreeting && silenceMs >= CLASSIC.afterGreetingSilenceMs) return { verdict: 'human', atMs };
    } else {
      wordMs += FRAME_MS;
      voiceMs += FRAME_MS;
      if (wordMs >= CLASSIC.minimumWordMs) {
        silenceMs = 0;
        hasGreeting = true;
        if (!isInWord) words++;
        isInWord = true;
      }
      if (words > CLASSIC.maximumWords) return { verdict: 'machine', atMs };
      if (hasGreeting && voiceMs >= CLASSIC.greetingMs) return { verdict: 'machine', atMs };
    }
    if (atMs >= CLASSIC.totalAnalysisMs) return { verdict: 'unknown', atMs };
  }
  return { verdict: 'unknown', atMs: CLASSIC.totalAnalysisMs };
}
