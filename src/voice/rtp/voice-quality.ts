/**
 * How well a far end could be understood, as a mean opinion score, by the E-model (ITU-T G.107) with its defaults: only
 * delay and loss are measured, and the codec is G.711.
 */

/** R with everything else at its default (G.107 table 3). */
const R_WITHOUT_IMPAIRMENT = 93.2;
/** G.107 section 7.4, equation 7-27 simplified as in ITU-T Y.1541 and common use: a knee where turn-taking suffers. */
const DELAY_SLOPE = 0.024;
const KNEE_MS = 177.3;
const KNEE_SLOPE = 0.11;
/** The worst that loss can do to R. */
const MAX_LOSS_IMPAIRMENT = 95;
/**
 * Robustness of G.711 to loss, Bpl. G.113 appendix I: 4.3 without concealment, 25.1 with that of G.711 appendix I. Ours
 * only repeats and fades, so it is taken for much the lower part of the way.
 */
const LOSS_ROBUSTNESS = 10;

export interface HeardQuality {
  /** Of the packets that were expected: those that never came or too late. 0 to 1. */
  lossRatio: number;
  /** How long runs of losses are beside what chance makes of the same loss (G.107 BurstR); 1: as chance does. */
  burstRatio: number;
  /** From mouth to ear, one way, milliseconds. */
  delayMs: number;
}

/** 1 (bad) to 4.5, to two decimals. */
export function meanOpinionScore({ lossRatio, burstRatio, delayMs }: HeardQuality): number {
  const delayImpairment = DELAY_SLOPE * delayMs + KNEE_SLOPE * Math.max(0, delayMs - KNEE_MS);
  const lossPercent = 100 * lossRatio;
  const lossImpairment =
    (MAX_LOSS_IMPAIRMENT * lossPercent) / (lossPercent / Math.max(1, burstRatio) + LOSS_ROBUSTNESS);
  const r = Math.max(0, Math.min(100, R_WITHOUT_IMPAIRMENT - delayImpairment - lossImpairment));
  // G.107 annex B. Below R of 6.5 the polynomial falls under 1.
  const score = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
  return Math.round(Math.max(1, Math.min(4.5, score)) * 100) / 100;
}
