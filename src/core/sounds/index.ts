/** Sound files that calls play, and the sound of what calls say. */
export { addSound, type AddSound } from '#core/sounds/add-sound.js';
export { clipsOf, promptVoice, type PromptVoice } from '#core/sounds/clips-of.js';
export type { SoundErrorCode } from '#core/sounds/errors.js';
export { findSound, findSoundFile, listSounds } from '#core/sounds/find-sound.js';
export { removeSound } from '#core/sounds/remove-sound.js';
export { renameSound } from '#core/sounds/rename-sound.js';
export { SOUND_LIMITS, soundNotFound, type Sound, type SoundOwner } from '#core/sounds/sound.js';
