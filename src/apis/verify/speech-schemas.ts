import Type from 'typebox';
import { objectSchema, strict } from '#apis/verify/present-object.js';
import { MOST_AUDIO_BYTES, MOST_CHARACTERS } from '#core/speech/index.js';

/** Base64 has four characters for three bytes; the rest is for the other fields. */
export const AUDIO_BODY_BYTES = Math.ceil((MOST_AUDIO_BYTES * 4) / 3) + 65_536;

export const Language = Type.String({
  pattern: '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$',
  description: 'BCP 47.',
  examples: ['en-US'],
});

export const SpeakBody = Type.Object(
  {
    text: Type.String({ minLength: 1, description: `At most ${MOST_CHARACTERS} characters.`, examples: ['Hello.'] }),
    voice: Type.Optional(
      Type.String({ maxLength: 100, description: 'An id of `GET /v1/voices`.', examples: ['en-US-Standard-F'] }),
    ),
    format: Type.Optional(
      Type.Union([Type.Literal('mp3'), Type.Literal('wav'), Type.Literal('ogg')], {
        description: 'Default: `mp3`. `ogg` holds Opus.',
      }),
    ),
    language: Type.Optional(Language),
  },
  strict,
);

export const SpeechObject = objectSchema('speech', {
  id: Type.String(),
  status: Type.Literal('done'),
  format: Type.String(),
  url: Type.String({ description: 'Leads to the sound, without a key, until `expires_at`.' }),
  expires_at: Type.String(),
  duration_ms: Type.Integer(),
  voice: Type.String({
    description: 'Who speaks: another voice of the language where the one asked for is not there.',
  }),
});

export const TranscribeBody = Type.Object(
  {
    audio_url: Type.Optional(Type.String({ maxLength: 2_048, description: 'A WAV or MP3, at most 10 MB.' })),
    audio_base64: Type.Optional(Type.String({ description: 'Instead of `audio_url`: the bytes of a WAV or MP3.' })),
    language: Type.Optional(Language),
  },
  strict,
);

export const TranscriptionObject = objectSchema('transcription', {
  id: Type.String(),
  status: Type.Literal('done'),
  transcript: Type.String(),
  duration_ms: Type.Integer({ description: 'Of the sound.' }),
});

export const VoiceObject = objectSchema('voice', {
  id: Type.String(),
  language: Type.String(),
  gender: Type.Union([Type.Literal('female'), Type.Literal('male')]),
  quality: Type.Union([Type.Literal('standard'), Type.Literal('neural')]),
});
