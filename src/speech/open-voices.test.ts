import { expect, it } from 'vitest';
import { systemClock } from '#clock.js';
import { ConfigError, readConfig, type Environment } from '#config.js';
import { openHearing } from '#speech/open-hearing.js';
import { openVoices } from '#speech/open-voices.js';

const told: string[] = [];

/** The names of the adapters that an environment gives. */
async function opened(env: Environment): Promise<string[]> {
  told.length = 0;
  const options = { clock: systemClock, info: (line: string) => void told.push(line) };
  const adapters = await openVoices(readConfig(env).speech, options);
  await Promise.all(adapters.map((adapter) => adapter.close()));
  return adapters.map(({ name }) => name);
}

it('has the voices of the package alone when the rest is switched off', async () => {
  expect(await opened({ SIDETONE_ESPEAK: 'off' })).toEqual(['flite']);
  expect(told).toEqual([]);
});

it('does without an eSpeak NG that nobody asked for', async () => {
  const path = process.env.PATH;
  process.env.PATH = '/nowhere';
  try {
    expect(await opened({})).toEqual(['flite']);
  } finally {
    process.env.PATH = path;
  }
  expect(told).toEqual([expect.stringContaining('no voices of eSpeak NG: espeak: espeak-ng does not run')]);
});

it('does not do without one that was asked for', async () => {
  const failed = opened({ SIDETONE_ESPEAK: '/nowhere/espeak-ng' });
  await expect(failed).rejects.toThrow(ConfigError);
  await expect(failed).rejects.toThrow(
    'SIDETONE_ESPEAK: espeak: espeak-ng does not run: spawn /nowhere/espeak-ng ENOENT',
  );
});

it('puts the voices of a provider first', async () => {
  const env = { SIDETONE_ESPEAK: 'off', SIDETONE_TTS_URL: 'http://127.0.0.1:1/v1' };
  expect(await opened(env)).toEqual(['openai tts-1 at 127.0.0.1:1', 'flite']);
});

it.each([
  ['en-GB-Neural-G=amy', 'SIDETONE_TTS_VOICES: the catalogue has no voice en-GB-Neural-G'],
  ['es-ES-Neural-F=a,es-ES-Neural-F=b', 'SIDETONE_TTS_VOICES: es-ES-Neural-F is there twice'],
])('refuses %s', async (voices, message) => {
  const failed = opened({ SIDETONE_TTS_URL: 'http://127.0.0.1:1/v1', SIDETONE_TTS_VOICES: voices });
  await expect(failed).rejects.toThrow(ConfigError);
  await expect(failed).rejects.toThrow(message);
});

it.each<[Environment, string | undefined]>([
  [{}, undefined],
  [{ SIDETONE_STT_URL: 'http://127.0.0.1:1/v1' }, 'openai'],
  [{ SIDETONE_DEEPGRAM_KEY: 'dg-1' }, 'deepgram'],
])('hears as it is told: %j', async (env, name) => {
  const hearing = openHearing(readConfig(env).speech.hearing, { clock: systemClock });
  await hearing?.close();
  expect(hearing?.name).toBe(name);
});

it('says what is missing in the folder of a model', async () => {
  await expect(opened({ SIDETONE_SHERPA_TTS_MODEL: '/nowhere' })).rejects.toThrow(
    'SIDETONE_SHERPA_TTS_MODEL: sherpa: /nowhere is not there',
  );
  const { hearing } = readConfig({ SIDETONE_SHERPA_STT_MODEL: '/nowhere' }).speech;
  expect(() => openHearing(hearing, { clock: systemClock })).toThrow(
    new ConfigError('SIDETONE_SHERPA_STT_MODEL: sherpa: /nowhere is not there'),
  );
});
