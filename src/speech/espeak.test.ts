/** The adapter with a program that stands in for eSpeak NG, and with the real one where it is installed. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#clock.js';
import { describeTextToSpeechConformance } from '#speech/conformance.js';
import { openEspeak, WITHIN_MS, type EspeakOptions } from '#speech/espeak.js';
import { isAlive } from '#speech/program.fixture.js';
import { SpeechError, type TextToSpeech } from '#speech/tts.js';
import { HeldClock } from '#test/held-clock.js';
import { describeWithPeer } from '#test/peers/real-peer.js';

let folder: string;
const opened: TextToSpeech[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espeak-'));
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((adapter) => adapter.close()));
});

afterAll(() => rm(folder, { recursive: true }));

/** A program that answers as eSpeak does: a list of voices, or a quarter of a second of tone for each word. */
const STAND_IN = `#!${process.execPath}
const { readFileSync, appendFileSync } = require('node:fs');
const args = process.argv.slice(2);
if (args[0] === '--voices') {
  console.log('Pty Language       Age/Gender VoiceName          File                 Other Languages');
  console.log(' 5  de              --/M      German             gmw/de               ');
  console.log(' 2  en-gb           --/M      English_(Great_Britain) gmw/en          (en 2)');
  console.log(' 5  tlh             --/M      Klingon            art/piqd             ');
} else {
  const text = readFileSync(0, 'utf8');
  appendFileSync(__filename + '.log', JSON.stringify({ args, text, env: Object.keys(process.env), pid: process.pid }) + '\\n');
  if (text.includes('hang')) setInterval(() => {}, 1000);
  else if (text.includes('fail')) { console.error('first\\nError: out of order'); process.exitCode = 3; }
  else if (text.includes('flood')) process.stdout.write(Buffer.alloc(20000000));
  else if (text.includes('garbage')) process.stdout.write('this is not a sound file');
  else {
    const samples = text.split(' ').length * 5512;
    const wav = Buffer.alloc(44 + samples * 2);
    wav.write('RIFF\\xff\\xff\\xff\\x7fWAVEfmt \\x10\\0\\0\\0\\x01\\0\\x01\\0', 'latin1');
    wav.writeUInt32LE(22050, 24); wav.writeUInt32LE(44100, 28); wav.writeUInt16LE(2, 32); wav.writeUInt16LE(16, 34);
    wav.write('data\\xff\\xff\\xff\\x7f', 36, 'latin1');
    for (let n = 0; n < samples; n++) wav.writeInt16LE(Math.round(9000 * Math.sin(n / 8)), 44 + n * 2);
    process.stdout.write(wav);
  }
}
`;

async function standIn(name: string): Promise<string> {
  const program = join(folder, `${name}.cjs`);
  await writeFile(program, STAND_IN);
  await chmod(program, 0o755);
  return program;
}

interface Run {
  args: string[];
  text: string;
  env: string[];
  pid: number;
}

/** What the stand-in was asked, once it was asked so many times. */
async function runs(program: string, count: number): Promise<Run[]> {
  return vi.waitFor(
    async () => {
      const lines = (await readFile(`${program}.log`, 'utf8')).trim().split('\n');
      expect(lines.length).toBeGreaterThanOrEqual(count);
      return lines.map((line) => JSON.parse(line) as Run);
    },
    { timeout: 10_000 },
  );
}

async function open(options: Partial<EspeakOptions> & { program: string }): Promise<TextToSpeech> {
  const adapter = await openEspeak({ clock: systemClock, ...options });
  opened.push(adapter);
  return adapter;
}

describe('eSpeak NG as a program', () => {
  it('has a woman and a man for each of our languages that are installed, and a British woman', async () => {
    const { voices } = await open({ program: await standIn('voices') });
    expect(voices.map(({ id, native }) => `${id} ${native}`)).toEqual([
      'de-DE-Standard-F de+f2',
      'de-DE-Standard-M de',
      'en-GB-Standard-F en-gb+f2',
    ]);
  });

  it('gets the text by stdin and nothing of ours by its environment', async () => {
    process.env['SIDETONE_SECRET_KEY'] = 'a secret of the server';
    const program = await standIn('input');
    const adapter = await open({ program });
    await adapter.synthesize('--version [[x]] größer', adapter.voices[0]!);
    delete process.env['SIDETONE_SECRET_KEY'];
    const [run] = await runs(program, 1);
    expect(run!.args).toEqual(['-v', 'de+f2', '-s', '150', '-b', '1', '--stdin', '--stdout']);
    expect(run!.text).toBe('--version [ [x]] größer');
    expect(run!.env).not.toContain('SIDETONE_SECRET_KEY');
  });

  it.each([
    ['fail', 'ended with 3: Error: out of order'],
    ['flood', 'wrote more than 10000000 bytes'],
    ['garbage', 'the file is neither WAV nor MP3'],
  ])('%s: %s', async (text, message) => {
    const adapter = await open({ program: await standIn(text) });
    const [voice] = adapter.voices;
    await expect(adapter.synthesize(text, voice!)).rejects.toThrow(SpeechError);
    await expect(adapter.synthesize(text, voice!)).rejects.toThrow(message);
    expect((await adapter.synthesize('well', voice!)).pcm.length).toBeGreaterThan(1_000);
  });

  it('is killed when it hangs, and those who wait for it get its place', async () => {
    const clock = new HeldClock();
    const program = await standIn('hang');
    const adapter = await open({ program, clock });
    const hanging = Promise.allSettled([1, 2].map(() => adapter.synthesize('hang', adapter.voices[0]!)));
    const pids = (await runs(program, 2)).map(({ pid }) => pid);
    clock.advance(WITHIN_MS - 1);
    const waiting = adapter.synthesize('well', adapter.voices[0]!);
    clock.advance(1);
    for (const result of await hanging) {
      expect(result).toMatchObject({ reason: { message: 'espeak: no answer within 10 s' } });
    }
    expect((await waiting).pcm.length).toBeGreaterThan(1_000);
    await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), 10_000);
  });

  it('is killed at the end', async () => {
    const program = await standIn('close');
    const adapter = await open({ program });
    const hanging = Array.from({ length: 4 }, () => adapter.synthesize('hang', adapter.voices[0]!));
    const results = Promise.allSettled(hanging);
    const pids = (await runs(program, 2)).map(({ pid }) => pid);
    await adapter.close();
    for (const result of await results) expect(result).toMatchObject({ reason: { message: 'espeak: closed' } });
    await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), 10_000);
    expect(await runs(program, 2)).toHaveLength(2);
  });

  it.each(['no-such-program', '/bin/true'])('%s is not it', async (program) => {
    await expect(openEspeak({ program, clock: systemClock })).rejects.toThrow(SpeechError);
  });
});

describe('with a stand-in', () => {
  describeTextToSpeechConformance('eSpeak NG', async () =>
    openEspeak({ program: await standIn('conformance'), clock: systemClock }),
  );
});

describeWithPeer('espeak-ng', 'voices of many languages', () => {
  describeTextToSpeechConformance('eSpeak NG', () => openEspeak({ program: 'espeak-ng', clock: systemClock }));

  it('reads numbers in the language', async () => {
    const adapter = await open({ program: 'espeak-ng' });
    const spanish = adapter.voices.find(({ id }) => id === 'es-ES-Standard-M')!;
    const seconds = async (text: string): Promise<number> => {
      const { pcm, rate } = await adapter.synthesize(text, spanish);
      return pcm.length / rate;
    };
    const [figures, words] = [await seconds('77'), await seconds('setenta y siete')];
    expect(Math.abs(figures / words - 1)).toBeLessThan(0.1);
  });
});
