import { expect, it } from 'vitest';
import { systemClock } from '#clock.js';
import { ConfigError, readConfig, type Environment } from '#config.js';
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
  await expect(failed).rejects.toThrow('SIDETONE_ESPEAK: espeak: /nowhere/espeak-ng does not run');
});
