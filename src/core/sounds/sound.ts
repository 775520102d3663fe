import type { Selectable } from 'kysely';
import { CoreError } from '#core/errors.js';
import type { Mode, SoundTable } from '#core/tables.js';

export interface SoundOwner {
  accountId: string;
  mode: Mode;
}

/** A file that calls can play: a greeting, an announcement, music for those who wait. */
export interface Sound {
  id: number;
  name: string;
  /** Of the file as it is kept: a WAV of 8,000 samples a second. */
  bytes: number;
  durationMs: number;
  createdAt: Date;
}

export const SOUND_LIMITS = {
  /** Of the file as it is handed in. */
  fileBytes: 10 * 1024 * 1024,
  seconds: 300,
  nameCharacters: 100,
  perAccount: 1000,
} as const;

/** At 8 kHz. */
export const SAMPLES_PER_MS = 8;

export function toSound(row: Selectable<SoundTable>): Sound {
  return {
    id: row.id,
    name: row.name,
    bytes: Number(row.bytes),
    durationMs: row.duration_ms,
    createdAt: row.created_at,
  };
}

export function soundNotFound(id: number): CoreError {
  return new CoreError('sound.not_found', `There is no sound ${id}, or no longer.`);
}

/** @throws CoreError `sound.bad_input` */
export function checkSoundName(name: string): string {
  const trimmed = name.trim();
  if (trimmed !== '' && trimmed.length <= SOUND_LIMITS.nameCharacters) return trimmed;
  throw new CoreError('sound.bad_input', `The name of a sound has 1 to ${SOUND_LIMITS.nameCharacters} characters.`, {
    field: 'name',
  });
}
