import Type, { type Static } from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import {
  deletedSchema,
  listSchema,
  presentDeleted,
  presentHead,
  presentList,
  presentTime,
} from '#apis/verify/present-object.js';
import { parseAudio } from '#apis/verify/speech-audio.js';
import {
  AUDIO_BODY_BYTES,
  SpeakBody,
  SpeechObject,
  TranscribeBody,
  TranscriptionObject,
  VoiceObject,
} from '#apis/verify/speech-schemas.js';
import type { Caller } from '#core/accounts/index.js';
import {
  createSpeechFile,
  deleteSpeechFile,
  transcribeAudio,
  type SpeechFile,
  type Transcription,
} from '#core/speech/index.js';
import type { Mode } from '#core/tables.js';

const tag = 'Speech';

function presentFile(mode: Mode, file: SpeechFile, publicUrl: string): Static<typeof SpeechObject> {
  return {
    ...presentHead('speech', mode),
    id: file.id,
    status: 'done',
    format: file.format,
    url: `${publicUrl}/v1/speech/files/${file.token}.${file.format}`,
    expires_at: presentTime(file.expiresAt),
    duration_ms: file.durationMs,
    voice: file.voice.id,
  };
}

function presentTranscription(mode: Mode, done: Transcription): Static<typeof TranscriptionObject> {
  const { id, transcript, durationMs } = done;
  return { ...presentHead('transcription', mode), id, status: 'done', transcript, duration_ms: durationMs };
}

/** Text into sound files, sound into text. */
export function speechRoutes(table: RouteTable<Caller>): void {
  table.post('/speech/tts', {
    id: 'createSpeech',
    tag,
    summary: 'Speak a text into a sound file',
    description: 'With a test key nothing is spoken: the file has three notes, so that a link can be tried.',
    scope: 'speech:write',
    body: SpeakBody,
    returns: SpeechObject,
    // Whoever has the link has the sound.
    secretReply: true,
    handle: async ({ core, auth, body: { format = 'mp3', ...body } }) => {
      const { accountId, mode } = auth;
      const file = await createSpeechFile(core, { accountId, mode, format, ...body });
      return presentFile(mode, file, core.settings.publicUrl);
    },
  });

  table.delete('/speech/:id', {
    id: 'deleteSpeech',
    tag,
    summary: 'Delete a sound file before its time',
    scope: 'speech:write',
    params: Type.Object({ id: Type.String() }),
    returns: deletedSchema('speech'),
    handle: async ({ core, auth, params }) => {
      await deleteSpeechFile(core, { accountId: auth.accountId, mode: auth.mode, id: params.id });
      return presentDeleted('speech', auth.mode, params.id);
    },
  });

  table.post('/speech/stt', {
    id: 'createTranscription',
    tag,
    summary: 'Write down what is said in a sound',
    description:
      'Exactly one of `audio_url` and `audio_base64`. With a test key the sound is read, and the text simulated.',
    scope: 'speech:write',
    body: TranscribeBody,
    bodyLimitBytes: AUDIO_BODY_BYTES,
    returns: TranscriptionObject,
    // What people say is theirs.
    secretReply: true,
    handle: async ({ core, auth, body }) => {
      const { accountId, mode } = auth;
      const audio = parseAudio(body, core.settings);
      return presentTranscription(
        mode,
        await transcribeAudio(core, { accountId, mode, audio, language: body.language }),
      );
    },
  });

  table.get('/voices', {
    id: 'listVoices',
    tag,
    summary: 'The voices that texts can be spoken with',
    returns: listSchema(VoiceObject),
    handle: async ({ core, auth }) =>
      presentList(
        core.speech.voices().map(({ id, language, gender, quality }) => ({
          ...presentHead('voice', auth.mode),
          id,
          language,
          gender,
          quality,
        })),
      ),
  });
}
