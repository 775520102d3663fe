import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAccount } from '#core/accounts/index.js';
import {
  addSound,
  clipsOf,
  findSoundFile,
  listSounds,
  removeSound,
  renameSound,
  SOUND_LIMITS,
  type SoundOwner,
} from '#core/sounds/index.js';
import { encodeWav } from '#speech/encode-wav.js';
import { openWorld, type World } from '../world.js';

let world: World;
let live: SoundOwner;
let inTest: SoundOwner;
beforeAll(async () => {
  world = await openWorld();
  live = { accountId: world.account.id, mode: 'live' };
  inTest = { accountId: world.account.id, mode: 'test' };
});
afterAll(() => world.close());

const actor = 'tester';
const english = { language: 'en-US', voice: null };
const tone = (seconds: number, rate = 8000): Int16Array =>
  Int16Array.from({ length: seconds * rate }, (_, at) => Math.round(8000 * Math.sin((2 * Math.PI * 440 * at) / rate)));
const wav = (seconds: number, rate?: number): { bytes: Uint8Array } => ({
  bytes: encodeWav({ pcm: tone(seconds, rate), rate: rate ?? 8000 }),
});

describe('a sound', () => {
  test('of any rate is kept as one for the phone, played beside words, and is gone when it is removed', async () => {
    const sound = await addSound(world.core, { ...live, name: ' Music ', audio: wav(2, 44_100), actor });
    expect(sound).toMatchObject({ name: 'Music', durationMs: 2000, bytes: 44 + 2 * 16_000 });

    const clips = await clipsOf(world.core, live, [{ text: 'Two words.' }, { sound: sound.id }], english);
    expect(clips.map(({ pcm }) => pcm.length)).toEqual([4000, 16_000]);
    const again = await clipsOf(world.core, live, [{ sound: sound.id }], english);
    expect(again[0]?.pcm).toBe(clips[1]?.pcm);

    const { file } = await findSoundFile(world.core, live, sound.id);
    const path = world.core.recordings.path(file);
    expect(existsSync(path)).toBe(true);
    await removeSound(world.core, { ...live, id: sound.id, actor });
    expect(existsSync(path)).toBe(false);
    await expect(removeSound(world.core, { ...live, id: sound.id, actor })).rejects.toMatchObject({
      code: 'sound.not_found',
    });
  });

  test('that is gone, or a text that nobody speaks, is left out of what a call hears', async () => {
    const heard: string[] = [];
    const core = {
      ...world.core,
      log: { ...world.core.log, error: (_: object, text: string) => void heard.push(text) },
    };
    const clips = await clipsOf(core, live, [{ sound: 999_999 }, { text: '!' }, { text: 'One' }], english);
    expect(clips.map(({ pcm }) => pcm.length)).toEqual([2000]);
    expect(heard.length).toBeGreaterThanOrEqual(1);
  });

  test('is of one account and mode', async () => {
    const { id } = await addSound(world.core, { ...inTest, name: 'Ours', audio: { pcm: tone(1) }, actor });
    const other = await createAccount(world.core, { name: 'Neighbours', actor });
    for (const owner of [live, { accountId: other.id, mode: 'test' as const }]) {
      await expect(findSoundFile(world.core, owner, id)).rejects.toMatchObject({ code: 'sound.not_found' });
      await expect(renameSound(world.core, { ...owner, id, name: 'Theirs', actor })).rejects.toMatchObject({
        code: 'sound.not_found',
      });
      await expect(removeSound(world.core, { ...owner, id, actor })).rejects.toMatchObject({ code: 'sound.not_found' });
    }
    expect((await renameSound(world.core, { ...inTest, id, name: 'Renamed', actor })).name).toBe('Renamed');
    const { items, total } = await listSounds(world.core, inTest, { page: 1, pageSize: 10 });
    expect([total, items.map(({ name }) => name)]).toEqual([1, ['Renamed']]);
  });

  test.each([
    ['nothing', { bytes: new Uint8Array() }, 'file'],
    ['no sound', { bytes: Buffer.from('this is a letter') }, 'file'],
    ['too long', { pcm: new Int16Array((SOUND_LIMITS.seconds + 1) * 8000) }, 'file'],
  ])('is refused that is %s', async (_, audio, field) => {
    const refused = addSound(world.core, { ...live, name: 'Bad', audio, actor });
    await expect(refused).rejects.toMatchObject({ code: 'sound.bad_input', field });
  });

  test('is refused when the disk is full, and nothing stays', async () => {
    const full = () => Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
    const core = {
      ...world.core,
      log: { ...world.core.log, error: () => undefined },
      recordings: { ...world.core.recordings, write: full },
    };
    const before = await listSounds(world.core, live, { page: 1, pageSize: 10 });
    const refused = addSound(core, { ...live, name: 'Full', audio: { pcm: tone(1) }, actor });
    await expect(refused).rejects.toMatchObject({ code: 'sound.not_stored' });
    expect(await listSounds(world.core, live, { page: 1, pageSize: 10 })).toEqual(before);
  });
});
