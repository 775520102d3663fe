import { Readable } from 'node:stream';
import Type from 'typebox';
import type { RouteTable, UploadedFile } from '#apis/http/index.js';
import { strict } from '#apis/verify/present-object.js';
import { badInput, takenAudio } from '#apis/verify/speech-audio.js';
import { Language } from '#apis/verify/speech-schemas.js';
import type { Caller } from '#core/accounts/index.js';
import { CoreError } from '#core/errors.js';
import { MOST_AUDIO_BYTES, MOST_CHARACTERS, speakText, transcribeAudio } from '#core/speech/index.js';

const tag = 'Speech';

/** OpenAI's voices, as voices of the catalogue; standard ones of the same kind stand in. docs/speech.md has the table. */
export const OPENAI_VOICES: Readonly<Record<string, string>> = {
  alloy: 'en-US-Neural-C',
  ash: 'en-US-Neural-B',
  ballad: 'en-GB-Neural-D',
  cedar: 'en-US-Neural-M',
  coral: 'en-US-Neural-E',
  echo: 'en-US-Neural-A',
  fable: 'en-GB-Neural-B',
  marin: 'en-US-Neural-F',
  nova: 'en-US-Neural-G',
  onyx: 'en-US-Neural-D',
  sage: 'en-US-Neural-H',
  shimmer: 'en-US-Neural-H',
  verse: 'en-US-Neural-J',
};

const FORMATS = {
  mp3: { format: 'mp3', type: 'audio/mpeg' },
  wav: { format: 'wav', type: 'audio/wav' },
  opus: { format: 'ogg', type: 'audio/ogg' },
  pcm: { format: 'pcm', type: 'audio/pcm' },
} as const;

const AudioSpeechBody = Type.Object(
  {
    model: Type.String({ maxLength: 100, description: 'Any: the voice decides.', examples: ['tts-1'] }),
    input: Type.String({ minLength: 1, description: `At most ${MOST_CHARACTERS} characters.` }),
    voice: Type.String({ maxLength: 100, description: 'Of OpenAI, or an id of `GET /v1/voices`.', examples: ['nova'] }),
    response_format: Type.Optional(
      Type.Union([Type.Literal('mp3'), Type.Literal('wav'), Type.Literal('opus'), Type.Literal('pcm')], {
        description: 'Default: `mp3`. `pcm`: 24,000 samples a second, 16 bit, the low byte first.',
      }),
    ),
    speed: Type.Optional(Type.Number({ description: 'Only 1, the default.' })),
    instructions: Type.Optional(
      Type.String({ maxLength: 4_096, description: 'Taken, but no voice here follows them.' }),
    ),
  },
  strict,
);

const AudioTranscriptionBody = Type.Object(
  {
    file: Type.Unsafe<UploadedFile | string>({
      contentMediaType: 'application/octet-stream',
      description: 'A WAV or MP3, at most 10 MB.',
    }),
    model: Type.String({ maxLength: 100, description: 'Any: the server has one.', examples: ['whisper-1'] }),
    language: Type.Optional(Language),
    response_format: Type.Optional(Type.Literal('json')),
    prompt: Type.Optional(Type.String({ description: 'Taken, but without effect.' })),
    temperature: Type.Optional(Type.String({ description: 'Taken, but without effect.' })),
  },
  strict,
);

const FIELDS: Readonly<Record<string, string>> = { text: 'input', audio: 'file' };

/** The door's own names of these two fields are others. */
function inOpenAiWords(error: unknown): never {
  const field = error instanceof CoreError && error.field !== undefined ? FIELDS[error.field] : undefined;
  throw field === undefined ? error : badInput(field, (error as CoreError).message);
}

/** The same work for clients of OpenAI's audio API. */
export function openAiRoutes(table: RouteTable<Caller>): void {
  table.post('/audio/speech', {
    id: 'createAudioSpeech',
    tag,
    summary: 'Speak a text, as OpenAI’s API does',
    description: 'The reply is the sound. With a test key it is three notes.',
    scope: 'speech:write',
    body: AudioSpeechBody,
    returnsType: 'audio/mpeg',
    unkept: true,
    handle: async ({ core, auth, body, reply }) => {
      const { accountId, mode } = auth;
      if (body.speed !== undefined && body.speed !== 1) throw badInput('speed', 'Only 1 can be had.');
      const { format, type } = FORMATS[body.response_format ?? 'mp3'];
      const voice = OPENAI_VOICES[body.voice.toLowerCase()] ?? body.voice;
      const text = body.input;
      const { bytes } = await speakText(core, { accountId, mode, text, voice, format }).catch(inOpenAiWords);
      reply.type(type).header('content-length', bytes.length);
      return Readable.from([bytes]);
    },
  });

  table.post('/audio/transcriptions', {
    id: 'createAudioTranscription',
    tag,
    summary: 'Write down what is said in a sound, as OpenAI’s API does',
    scope: 'speech:write',
    body: AudioTranscriptionBody,
    form: true,
    bodyLimitBytes: MOST_AUDIO_BYTES + 65_536,
    returns: Type.Object({ text: Type.String() }),
    // What people say is theirs.
    secretReply: true,
    handle: async ({ core, auth, body: { file, language } }) => {
      const { accountId, mode } = auth;
      if (typeof file === 'string') throw badInput('file', 'This must be an uploaded file.');
      const audio = takenAudio(file.bytes, 'file');
      const { transcript } = await transcribeAudio(core, { accountId, mode, audio, language }).catch(inOpenAiWords);
      return { text: transcript };
    },
  });
}
