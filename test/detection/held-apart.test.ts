/**
 * A floor under machine detection: the first cases of the set that nothing was tuned on, so that a change which makes
 * it worse is seen. The figures of the whole set are in docs/machine-detection.md.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { DETECTION_DEFAULTS } from '#voice/detection/machine-detector.js';
import { corpusCase } from './corpus.js';
import { PHRASES, type Phrases } from './phrases.js';
import { Score } from './score.js';
import { SPEAKERS } from './voices.js';

const CASES = 80;
const score = new Score();

beforeAll(() => {
  for (let id = 0; id < CASES; id++) score.add(corpusCase('held-apart', id));
}, 120_000);

describe('on the set held apart', () => {
  test('people and machines are told apart, better than by the classic algorithm', () => {
    const { cases, first, last, classic } = score.compared;
    expect(cases).toBeGreaterThan(60);
    expect(first / cases).toBeGreaterThanOrEqual(0.84);
    expect(last / cases).toBeGreaterThanOrEqual(0.88);
    expect(last).toBeGreaterThan(classic);
  });

  test.each([
    ['person', 0.95, 0.95],
    ['mailbox', 0.82, 0.94],
    ['menu', 0.9, 0.9],
    ['screening', 0.9, 0.9],
    ['fax', 0.9, 0.9],
    ['network', 0.8, 0.8],
    ['nothing', 1, 1],
  ] as const)('a %s is known in at least so many cases, at first and in the end: %d, %d', (called, first, last) => {
    expect(score.part(score.first, called)).toBeGreaterThanOrEqual(first);
    expect(score.part(score.last, called)).toBeGreaterThanOrEqual(last);
  });

  test('nobody who says nothing is a person', () => {
    expect(score.first.nothing.human + score.last.nothing.human).toBe(0);
  });

  test('beeps are found and not made up, and told at once', () => {
    const { cases, found, madeUp } = score.beeps;
    expect(cases).toBeGreaterThan(20);
    expect(found / cases).toBeGreaterThanOrEqual(0.94);
    expect(madeUp).toBeLessThanOrEqual(1);
    expect(score.afterBeepMs.filter((ms) => ms <= 60).length / found).toBeGreaterThanOrEqual(0.9);
  });

  test('speech, music and tones are not keys', () => {
    expect(score.keysMadeUp).toBe(0);
  });

  test('a person waits no longer than the silence that it takes', () => {
    const sorted = [...score.afterWordsMs].sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(1_300);
  });
});

test('docs/machine-detection.md has every option with its default', () => {
  const text = readFileSync(new URL('../../../docs/machine-detection.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+Ms)` +\| (\d+) +\|/gm)].map(([, name, value]) => [name, Number(value)]);
  expect(Object.fromEntries(rows)).toEqual(DETECTION_DEFAULTS);
});

test('the two sets have no sentence and no voice in common', () => {
  const sentences = (phrases: Phrases): string[] => Object.values(phrases).flat() as string[];
  const held = new Set(sentences(PHRASES['held-apart']));
  expect(sentences(PHRASES.tuning).filter((sentence) => held.has(sentence))).toEqual([]);
  const voices = new Set(SPEAKERS['held-apart'].map(({ native }) => native));
  expect(SPEAKERS.tuning.filter(({ native }) => voices.has(native))).toEqual([]);
});
