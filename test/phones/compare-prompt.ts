import { crossCorrelation } from './fourier.js';
import type { HeardSound } from './rtp-receiver.js';
import { levelDbm0, QUIET_DBM0, SAMPLES_PER_MS } from './tones.js';

/** Long enough to be recognised, short enough to find one lost word. */
const BLOCK_MS = 100;
const BLOCK = BLOCK_MS * SAMPLES_PER_MS;
/** How far a block may lie from where the whole fits best: playing may stretch or skip within this. */
const REACH = 160 * SAMPLES_PER_MS;
/** A block that fits worse was not said. G.711 of either law at speech level fits better than 0.98. */
const LEAST_FIT = 0.8;
/** Of a block: with less received of it, it counts as lost by the network and proves nothing. */
const LEAST_RECEIVED = 0.6;
/** A place where the prompt may begin fits at least this part of the best place. */
const OCCURRENCE = 0.6;

export interface PromptComparison {
  /** Where the prompt's first sample lies in what was heard, milliseconds. */
  atMs: number;
  /** How much longer (or shorter, negative) what was heard is, from the first to the last block found. */
  lengthDifferenceMs: number;
  /** Of the sound found, against the same parts of the prompt. */
  levelDifferenceDb: number;
  /** 1 when every part found has exactly the prompt's shape. */
  correlation: number;
  /** Parts of the prompt (its own milliseconds) that the far end never said. */
  missing: { fromMs: number; toMs: number }[];
  /** Parts that the network lost: known from the gaps in the sequence numbers and time stamps. */
  lost: { fromMs: number; toMs: number }[];
}

/** Proves that a spoken prompt arrived whole. Compares its best place in what was heard; throws when it is nowhere. */
export function compareWithPrompt(heard: HeardSound, prompt: Int16Array): PromptComparison {
  const best = findPrompt(heard, prompt).reduce<PromptComparison | undefined>(
    (found, next) => (!found || foundMs(next) > foundMs(found) ? next : found),
    undefined,
  );
  if (!best) throw new Error(`the prompt was not heard in ${heard.pcm.length / SAMPLES_PER_MS} ms of sound`);
  return best;

  function foundMs({ missing }: PromptComparison): number {
    return -missing.reduce((sum, part) => sum + part.toMs - part.fromMs, 0);
  }
}

/** Every time the prompt was spoken, in order, whole or in part. */
export function findPrompt(heard: HeardSound, prompt: Int16Array): PromptComparison[] {
  // Room in front: a prompt whose beginning was never said lies before the first sample.
  const room = prompt.length;
  const padded = new Int16Array(room + heard.pcm.length);
  padded.set(heard.pcm, room);
  const places = crossCorrelation(padded, prompt);
  const strongest = places.reduce((most, value) => Math.max(most, value), 0);
  const found: PromptComparison[] = [];
  for (let lag = 0; lag < places.length;) {
    const end = Math.min(places.length, lag + prompt.length);
    if ((places[lag] ?? 0) < OCCURRENCE * strongest) {
      lag++;
      continue;
    }
    let peak = lag;
    for (let n = lag; n < end; n++) if ((places[n] ?? 0) > (places[peak] ?? 0)) peak = n;
    const comparison = compareAt(peak - room, heard, prompt);
    if (comparison) found.push(comparison);
    lag = Math.max(end, peak + prompt.length);
  }
  return found;
}

interface Fit {
  lag: number;
  fit: number;
}

function compareAt(place: number, heard: HeardSound, prompt: Int16Array): PromptComparison | undefined {
  const missing: PromptComparison['missing'] = [];
  const lost: PromptComparison['lost'] = [];
  const said: Int16Array[] = [];
  const meant: Int16Array[] = [];
  let first: Fit | undefined;
  let last: Fit | undefined;
  let fits = 0;
  for (let at = 0; at + BLOCK <= prompt.length; at += BLOCK) {
    const block = prompt.subarray(at, at + BLOCK);
    if (levelDbm0(block) < QUIET_DBM0 + 6) continue;
    // Each block is looked for around the place of the one before: a skip then shifts all that follow.
    const expected = last?.lag ?? place;
    const fit = bestFit(block, at, expected, heard);
    const span = { fromMs: at / SAMPLES_PER_MS, toMs: (at + BLOCK) / SAMPLES_PER_MS };
    if (fit.fit < LEAST_FIT) {
      if (receivedPart(heard, at + expected) < LEAST_RECEIVED) append(lost, span);
      else append(missing, span);
      continue;
    }
    first ??= fit;
    last = fit;
    fits += fit.fit;
    const mask = heard.received.subarray(at + fit.lag, at + fit.lag + BLOCK);
    said.push(heard.pcm.subarray(at + fit.lag, at + fit.lag + BLOCK).filter((_, n) => mask[n] === 1));
    meant.push(block.filter((_, n) => mask[n] === 1));
  }
  if (!first || !last) return undefined;
  return {
    atMs: first.lag / SAMPLES_PER_MS,
    lengthDifferenceMs: (last.lag - first.lag) / SAMPLES_PER_MS,
    levelDifferenceDb: levelOf(said) - levelOf(meant),
    correlation: fits / said.length,
    missing,
    lost,
  };
}

/** The lag within reach where the block fits best; samples lost by the network are left out on both sides. */
function bestFit(block: Int16Array, at: number, expected: number, heard: HeardSound): Fit {
  let best: Fit = { lag: expected, fit: 0 };
  for (let distance = 0; distance <= REACH; distance++) {
    for (const lag of distance === 0 ? [expected] : [expected - distance, expected + distance]) {
      const fit = fitAt(block, at + lag, heard);
      if (fit > best.fit) best = { lag, fit };
    }
    // Good enough where it was expected: looking further could only find a repetition within the sound.
    if (distance === 8 && best.fit > 0.95) return best;
  }
  return best;
}

function fitAt(block: Int16Array, start: number, { pcm, received }: HeardSound): number {
  if (start < 0 || start + BLOCK > pcm.length) return 0;
  let both = 0;
  let heardSquare = 0;
  let blockSquare = 0;
  let count = 0;
  for (let n = 0; n < BLOCK; n++) {
    if (received[start + n] !== 1) continue;
    const [a, b] = [pcm[start + n] ?? 0, block[n] ?? 0];
    both += a * b;
    heardSquare += a * a;
    blockSquare += b * b;
    count++;
  }
  return count < LEAST_RECEIVED * BLOCK ? 0 : both / Math.sqrt(heardSquare * blockSquare || 1);
}

function receivedPart({ received }: HeardSound, start: number): number {
  const part = received.subarray(Math.max(0, start), Math.max(0, start + BLOCK));
  // Beyond the end nothing was lost: the far end stopped.
  return part.length < BLOCK ? 1 : part.reduce((sum, flag) => sum + flag, 0) / BLOCK;
}

function levelOf(parts: readonly Int16Array[]): number {
  let sum = 0;
  let count = 0;
  for (const part of parts) {
    for (const sample of part) sum += sample * sample;
    count += part.length;
  }
  return 10 * Math.log10(sum / Math.max(1, count) || 1);
}

function append(parts: { fromMs: number; toMs: number }[], part: { fromMs: number; toMs: number }): void {
  const before = parts.at(-1);
  if (before?.toMs === part.fromMs) before.toMs = part.toMs;
  else parts.push(part);
}
