/** With a program that stands in for sherpa-onnx: takes its options and writes a sound as it does. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#clock.js';
import { describeTextToSpeechConformance } from '#speech/conformance.js';
import { isAlive, makeProgram, programRuns } from '#speech/program.fixture.js';
import { openSherpaVoice, WITHIN_MS } from '#speech/sherpa-tts.js';
import { SpeechError, type TextToSpeech, type Voice } from '#speech/tts.js';
import { HeldClock } from '#test/held-clock.js';

const VOICE: Voice = { id: 'en-US-Neural-F', language: 'en-US', gender: 'female', quality: 'neural', native: 'amy' };

/** A quarter of a second of tone for each word of its last argument, at 22,050 samples a second. */
const SPEAKS = `
const { writeFileSync } = require('node:fs');
const output = args.find((arg) => arg.startsWith('--output-filename=')).slice(18);
const samples = args.at(-1).split(' ').length * 5512;
const wav = Buffer.alloc(44 + samples * 2);
wav.write('RIFF\\xff\\xff\\xff\\x7fWAVEfmt \\x10\\0\\0\\0\\x01\\0\\x01\\0', 'latin1');
wav.writeUInt32LE(22050, 24); wav.writeUInt32LE(44100, 28); wav.writeUInt16LE(2, 32); wav.writeUInt16LE(16, 34);
wav.write('data', 36, 'latin1'); wav.writeUInt32LE(samples * 2, 40);
for (let n = 0; n < samples; n++) wav.writeInt16LE(Math.round(9000 * Math.sin(n / 8)), 44 + n * 2);
writeFileSync(output, wav);
console.error('Elapsed seconds: 0.1 s');
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sherpa-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function modelFolder(name: string, files: string[]): Promise<string> {
  const model = join(folder, name);
  await mkdir(model, { recursive: true });
  for (const file of files) await writeFile(join(model, file), '');
  return model;
}

const PIPER = ['en_US-amy-low.onnx', 'en_US-amy-low.onnx.json', 'tokens.txt', 'espeak-ng-data'];

let number = 0;
async function open(script: string, clock = systemClock): Promise<{ adapter: TextToSpeech; program: string }> {
  const program = await makeProgram(folder, `program-${++number}`, script);
  const model = await modelFolder('vits-piper-en_US-amy-low', PIPER);
  return { adapter: openSherpaVoice({ program, folder: model, voice: VOICE, clock }), program };
}

describeTextToSpeechConformance('sherpa-onnx', async () => (await open(SPEAKS)).adapter);

describe('sherpa-onnx that speaks', () => {
  it.each<[string, string[], string[]]>([
    ['piper', PIPER, ['--vits-model=en_US-amy-low.onnx', '--vits-tokens=tokens.txt', '--vits-data-dir=espeak-ng-data']],
    [
      'melo',
      ['model.onnx', 'lexicon.txt', 'tokens.txt'],
      ['--vits-model=model.onnx', '--vits-tokens=tokens.txt', '--vits-lexicon=lexicon.txt'],
    ],
    [
      'kokoro-en',
      ['model.onnx', 'voices.bin', 'tokens.txt', 'espeak-ng-data'],
      [
        '--kokoro-model=model.onnx',
        '--kokoro-tokens=tokens.txt',
        '--kokoro-voices=voices.bin',
        '--kokoro-data-dir=espeak-ng-data',
      ],
    ],
  ])('is told the files of %s, then the text, and leaves nothing behind', async (name, files, args) => {
    const program = await makeProgram(folder, `files-${name}`, SPEAKS);
    const model = await modelFolder(name, files);
    const adapter = openSherpaVoice({ program, folder: model, voice: VOICE, clock: systemClock });
    await adapter.synthesize('--help me; $(reboot)', VOICE);
    await adapter.close();
    const [run] = await programRuns(program);
    const output = run!.args[args.length]!;
    expect(run!.args).toEqual([
      ...args.map((arg) => arg.replace('=', `=${model}/`)),
      output,
      '--',
      '--help me; $(reboot)',
    ]);
    expect(output).toMatch(/^--output-filename=.+\.wav$/);
    expect(existsSync(dirname(output.slice('--output-filename='.length)))).toBe(false);
  });

  it.each([
    ['fails', `console.error('Errors in config!'); process.exit(255);`, 'ended with 255: Errors in config!'],
    ['writes nothing', '', 'ENOENT'],
    [
      'writes garbage',
      `require('node:fs').writeFileSync(args.at(-3).slice(18), 'garbage, not a sound');`,
      'neither WAV nor MP3',
    ],
    [
      'writes too much',
      `require('node:fs').writeFileSync(args.at(-3).slice(18), Buffer.alloc(20000000));`,
      'more than 10000000 bytes',
    ],
  ])('%s', async (_what, script, message) => {
    const { adapter } = await open(script);
    const failed = adapter.synthesize('Hello.', VOICE);
    await expect(failed).rejects.toThrow(SpeechError);
    await expect(failed).rejects.toThrow(message);
    await adapter.close();
  });

  it('is killed when it hangs', async () => {
    const clock = new HeldClock();
    const { adapter, program } = await open('setInterval(() => {}, 1000);', clock);
    const failed = adapter.synthesize('Hello.', VOICE).then(
      () => undefined,
      (error: unknown) => error,
    );
    const [run] = await vi.waitFor(async () => {
      const runs = await programRuns(program);
      expect(runs).toHaveLength(1);
      return runs;
    }, 10_000);
    clock.advance(WITHIN_MS);
    expect(await failed).toEqual(new SpeechError('sherpa: no answer within 20 s'));
    await vi.waitFor(() => expect(isAlive(run!.pid)).toBe(false), 10_000);
    await adapter.close();
  });

  it('does not open without a model, and says what is missing', async () => {
    const openWith = (model: string) => () =>
      openSherpaVoice({ program: 'sherpa-onnx-offline-tts', folder: model, voice: VOICE, clock: systemClock });
    expect(openWith('/nowhere')).toThrow('/nowhere is not there');
    expect(openWith(await modelFolder('empty', []))).toThrow('has no .onnx file');
    expect(openWith(await modelFolder('half', ['model.onnx']))).toThrow('has no tokens.txt');
  });
});
