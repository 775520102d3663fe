/** With a program that stands in for sherpa-onnx: takes its options and prints as it does. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#clock.js';
import { isAlive, makeProgram, programRuns } from '#speech/program.fixture.js';
import { openSherpaHearing } from '#speech/sherpa-stt.js';
import { describeSpeechToTextConformance } from '#speech/stt-conformance.js';
import { HEARING_WITHIN_MS } from '#speech/stt-service.js';
import { SttError, type SpeechToText } from '#speech/stt.js';
import { HeldClock } from '#test/held-clock.js';

const SOUND = { pcm: new Int16Array(8_000).fill(500), rate: 8_000 };

/** Hears how long all its files are together, and says so for the last of them. */
const LENGTHS = `
const { readFileSync } = require('node:fs');
const files = args.filter((arg) => !arg.startsWith('--'));
console.error('OfflineRecognizerConfig(feat_config=FeatureExtractorConfig(sampling_rate=16000))');
console.error('Creating recognizer ...\\nStarted\\nDone!\\n');
let seconds = 0;
files.forEach((file, index) => {
  const wav = readFileSync(file);
  seconds += (wav.length - 44) / 2 / wav.readUInt32LE(24);
  const isLast = index === files.length - 1;
  const silent = wav.subarray(44).every((byte) => byte === 0);
  const text = isLast && !silent ? '  sound of ' + seconds.toFixed(1) + '\\n seconds ' : '';
  PRINT(file + '\\n' + JSON.stringify({ lang: '', text, timestamps: [0.1], tokens: ['{'] }) + '\\n----');
});
console.error('num threads: 2\\nElapsed seconds: 0.1 s');
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

const WHISPER = ['tiny-encoder.onnx', 'tiny-encoder.int8.onnx', 'tiny-decoder.int8.onnx', 'tiny-tokens.txt'];

let number = 0;
async function open(script: string, clock = systemClock): Promise<{ adapter: SpeechToText; program: string }> {
  const program = await makeProgram(folder, `program-${++number}`, script);
  const model = await modelFolder('sherpa-onnx-whisper-tiny', WHISPER);
  return { adapter: openSherpaHearing({ program, folder: model, clock }), program };
}

describe.each(['console.error', 'console.log'])('printing by %s', (print) => {
  describeSpeechToTextConformance('sherpa-onnx', async () => (await open(LENGTHS.replace('PRINT', print))).adapter);
});

describe('sherpa-onnx that hears', () => {
  it.each<[string, string[], string[]]>([
    [
      'sherpa-onnx-whisper-tiny',
      WHISPER,
      [
        '--tokens=tiny-tokens.txt',
        '--whisper-encoder=tiny-encoder.int8.onnx',
        '--whisper-decoder=tiny-decoder.int8.onnx',
      ],
    ],
    [
      'sherpa-onnx-zipformer-small-en',
      ['decoder-epoch-99.onnx', 'encoder-epoch-99.onnx', 'joiner-epoch-99.onnx', 'tokens.txt', 'README.md'],
      [
        '--tokens=tokens.txt',
        '--encoder=encoder-epoch-99.onnx',
        '--decoder=decoder-epoch-99.onnx',
        '--joiner=joiner-epoch-99.onnx',
      ],
    ],
    [
      'sherpa-onnx-sense-voice-zh-en',
      ['model.int8.onnx', 'model.onnx', 'tokens.txt'],
      ['--tokens=tokens.txt', '--sense-voice-model=model.int8.onnx'],
    ],
    ['sherpa-onnx-paraformer-zh', ['model.onnx', 'tokens.txt'], ['--tokens=tokens.txt', '--paraformer=model.onnx']],
    ['sherpa-onnx-nemo-ctc-en', ['model.onnx', 'tokens.txt'], ['--tokens=tokens.txt', '--nemo-ctc-model=model.onnx']],
  ])('is told the files of %s', async (name, files, args) => {
    const program = await makeProgram(folder, `files-${name}`, LENGTHS.replace('PRINT', 'console.log'));
    const model = await modelFolder(name, files);
    const adapter = openSherpaHearing({ program, folder: model, clock: systemClock });
    await adapter.transcribe(SOUND);
    await adapter.close();
    const [run] = await programRuns(program);
    expect(run!.args.slice(0, -1)).toEqual(args.map((arg) => arg.replace('=', `=${model}/`)));
  });

  it('is told the language where the model is Whisper, gets pieces that it can hear, and leaves nothing behind', async () => {
    const { adapter, program } = await open(LENGTHS.replace('PRINT', 'console.log'));
    const text = await adapter.transcribe(
      { pcm: new Int16Array(8_000 * 70).fill(9), rate: 8_000 },
      { language: 'es-MX' },
    );
    await adapter.close();
    expect(text).toBe('sound of 70.0 seconds');
    const [run] = await programRuns(program);
    expect(run!.args).toContain('--whisper-language=es');
    const files = run!.args.filter((arg) => arg.endsWith('.wav'));
    expect(files.length).toBeGreaterThanOrEqual(3);
    expect(existsSync(dirname(files[0]!))).toBe(false);
  });

  it.each([
    ['fails', `console.error('Errors in config!'); process.exit(255);`, 'ended with 255'],
    ['says nothing', `console.error('Done!');`, 'no transcript was printed'],
    ['never stops talking', `for (;;) require('node:fs').writeSync(2, '{'.repeat(65536));`, 'wrote more than'],
  ])('%s', async (_what, script, message) => {
    const { adapter } = await open(script);
    const failed = adapter.transcribe(SOUND);
    await expect(failed).rejects.toThrow(SttError);
    await expect(failed).rejects.toThrow(message);
    await adapter.close();
  });

  it('is killed when it hangs', async () => {
    const clock = new HeldClock();
    const { adapter, program } = await open('setInterval(() => {}, 1000);', clock);
    const failed = adapter.transcribe(SOUND).then(
      () => undefined,
      (error: unknown) => error,
    );
    const [run] = await vi.waitFor(async () => {
      const runs = await programRuns(program);
      expect(runs).toHaveLength(1);
      return runs;
    }, 10_000);
    clock.advance(HEARING_WITHIN_MS);
    expect(await failed).toEqual(new SttError('sherpa: no answer within 120 s'));
    await vi.waitFor(() => expect(isAlive(run!.pid)).toBe(false), 10_000);
    await adapter.close();
  });

  it('does not open without a model, and says what is missing', async () => {
    const openWith = (model: string) => () =>
      openSherpaHearing({ program: 'sherpa-onnx-offline', folder: model, clock: systemClock });
    expect(openWith('/nowhere')).toThrow(SttError);
    expect(openWith('/nowhere')).toThrow('/nowhere is not there');
    expect(openWith(await modelFolder('empty', []))).toThrow('has no tokens.txt');
    expect(openWith(await modelFolder('riddle', ['model.onnx', 'tokens.txt']))).toThrow('by which its kind is told');
  });

  it('says so when the program is not there', async () => {
    const model = await modelFolder('sherpa-onnx-whisper-tiny', WHISPER);
    const adapter = openSherpaHearing({ program: '/nowhere/sherpa', folder: model, clock: systemClock });
    await expect(adapter.transcribe(SOUND)).rejects.toEqual(
      new SttError('sherpa: sherpa does not run', { cause: 'sherpa does not run: spawn /nowhere/sherpa ENOENT' }),
    );
    await adapter.close();
  });
});
