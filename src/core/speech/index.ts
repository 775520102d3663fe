/** Text into sound files and sound into text. What calls say is spoken elsewhere: `calls`. */
export { createSpeechFile, SPEECH_FILE_HOURS, type SpeechFile } from '#core/speech/create-speech-file.js';
export { deleteSpeechFile } from '#core/speech/delete-speech-file.js';
export type { SpeechErrorCode } from '#core/speech/errors.js';
export { findSpeechFile } from '#core/speech/find-speech-file.js';
export { purgeSpeechFiles } from '#core/speech/purge-speech-files.js';
export { speakText, type SpeakText, type SpokenText } from '#core/speech/speak-text.js';
export {
  MOST_AUDIO_BYTES,
  SIMULATED_TRANSCRIPT,
  transcribeAudio,
  type TranscribeAudio,
  type Transcription,
} from '#core/speech/transcribe-audio.js';
export { MOST_CHARACTERS } from '#core/speech/choose-voice.js';
