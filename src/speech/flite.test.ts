import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { systemClock } from '#clock.js';
import { describeTextToSpeechConformance } from '#speech/conformance.js';
import { openFlite } from '#speech/flite.js';

describeTextToSpeechConformance('flite', () => openFlite({ clock: systemClock }));

it('has a higher pitch for the woman than for the man', async () => {
  const flite = await openFlite({ clock: systemClock });
  const pitch = async (id: string): Promise<number> => {
    const voice = flite.voices.find((candidate) => candidate.id === id)!;
    const { pcm, rate } = await flite.synthesize('Now we know your name.', voice);
    return fundamental(pcm, rate);
  };
  const woman = await pitch('en-US-Standard-F');
  const man = await pitch('en-US-Standard-M');
  await flite.close();
  expect(woman).toBeGreaterThan(140);
  expect(woman).toBeLessThan(260);
  expect(man).toBeGreaterThan(70);
  expect(man).toBeLessThan(140);
});

it('takes an option for what it is, a word to be spoken', async () => {
  const flite = await openFlite({ clock: systemClock });
  const { pcm, rate } = await flite.synthesize('-lv', flite.voices[0]!);
  await flite.close();
  expect(pcm.length / rate).toBeGreaterThan(0.4);
});

it('does not keep a program alive that forgot to close it', async () => {
  const program = `
    import { systemClock } from '#clock.js';
    import { openFlite } from '#speech/flite.js';
    const flite = await openFlite({ clock: systemClock });
    const { pcm } = await flite.synthesize('Done.', flite.voices[0]);
    console.log(pcm.length > 1_000);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  expect(stdout.trim()).toBe('true');
});

/** The commonest pitch of the loud parts, by autocorrelation. Hertz. */
function fundamental(pcm: Int16Array, rate: number): number {
  const window = Math.round(rate * 0.04);
  const pitches: number[] = [];
  for (let start = 0; start + 2 * window < pcm.length; start += window) {
    const frame = pcm.subarray(start, start + 2 * window);
    if (Math.sqrt(frame.reduce((sum, sample) => sum + sample ** 2, 0) / frame.length) < 2_000) continue;
    let best = { lag: 0, likeness: 0 };
    for (let lag = Math.round(rate / 350); lag <= Math.round(rate / 60); lag++) {
      let likeness = 0;
      for (let at = 0; at < window; at++) likeness += frame[at]! * frame[at + lag]!;
      if (likeness > best.likeness) best = { lag, likeness };
    }
    pitches.push(rate / best.lag);
  }
  return pitches.sort((a, b) => a - b)[Math.floor(pitches.length / 2)]!;
}
