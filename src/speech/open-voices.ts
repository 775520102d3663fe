/** The voices that are configured, in order of preference: what the operator chose, what the package has, eSpeak NG. */
import { basename } from 'node:path';
import type { Clock } from '#clock.js';
import { ConfigError, type SpeechConfig, type VoiceConfig } from '#config.js';
import { openEspeak } from '#speech/espeak.js';
import { openFlite } from '#speech/flite.js';
import { openOpenAiVoices } from '#speech/openai-tts.js';
import { openSherpaVoice } from '#speech/sherpa-tts.js';
import type { TextToSpeech, Voice } from '#speech/tts.js';
import { voiceOfId } from '#speech/voices.js';

export interface OpenVoicesOptions {
  clock: Clock;
  /** Told of voices that are not there without harm. */
  info: (line: string) => void;
}

/** Rejects with `ConfigError` when something that was asked for is not there; what was opened until then is closed. */
export async function openVoices(config: SpeechConfig, options: OpenVoicesOptions): Promise<TextToSpeech[]> {
  const adapters: TextToSpeech[] = [];
  try {
    if (config.openaiVoices !== undefined) {
      const { voices, ...service } = config.openaiVoices;
      const { clock } = options;
      adapters.push(openOpenAiVoices({ ...service, clock, voices: inCatalogue('SIDETONE_TTS_VOICES', voices) }));
    }
    if (config.sherpaVoice !== undefined) adapters.push(openWantedSherpa(config.sherpaVoice, options.clock));
    adapters.push(await openFlite(options));
    const espeak = await openWantedEspeak(config.espeak, options);
    if (espeak !== undefined) adapters.push(espeak);
    return adapters;
  } catch (error) {
    await Promise.all(adapters.map((adapter) => adapter.close()));
    throw error;
  }
}

function openWantedSherpa({ id, ...model }: NonNullable<SpeechConfig['sherpaVoice']>, clock: Clock): TextToSpeech {
  const [voice] = inCatalogue('SIDETONE_SHERPA_TTS_VOICE', [{ id, native: basename(model.folder) }]) as [Voice];
  try {
    return openSherpaVoice({ ...model, voice, clock });
  } catch (error) {
    throw new ConfigError(`SIDETONE_SHERPA_TTS_MODEL: ${(error as Error).message}`);
  }
}

/** One that nobody named may be missing. */
async function openWantedEspeak(
  wanted: SpeechConfig['espeak'],
  { clock, info }: OpenVoicesOptions,
): Promise<TextToSpeech | undefined> {
  if (wanted === undefined) return undefined;
  try {
    return await openEspeak({ program: wanted.program, clock });
  } catch (error) {
    const reason = (error as Error).message;
    if (wanted.required) throw new ConfigError(`SIDETONE_ESPEAK: ${reason}`);
    info(`no voices of eSpeak NG: ${reason}`);
    return undefined;
  }
}

/** @throws ConfigError */
function inCatalogue(variable: string, voices: readonly VoiceConfig[]): Voice[] {
  const found = voices.map(({ id, native }) => {
    const voice = voiceOfId(id);
    if (voice === undefined) throw new ConfigError(`${variable}: the catalogue has no voice ${id}`);
    return { ...voice, native };
  });
  const twice = found.find((voice, at) => found.findIndex(({ id }) => id === voice.id) < at);
  if (twice !== undefined) throw new ConfigError(`${variable}: ${twice.id} is there twice`);
  return found;
}
