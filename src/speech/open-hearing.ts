import type { Clock } from '#clock.js';
import { ConfigError, type HearingConfig } from '#config.js';
import { openDeepgram } from '#speech/deepgram.js';
import { openOpenAiHearing } from '#speech/openai-stt.js';
import { openSherpaHearing } from '#speech/sherpa-stt.js';
import type { SpeechToText } from '#speech/stt.js';

/** The one that is configured; undefined where none is. @throws ConfigError */
export function openHearing(config: HearingConfig | undefined, { clock }: { clock: Clock }): SpeechToText | undefined {
  switch (config?.by) {
    case undefined:
      return undefined;
    case 'openai':
      return openOpenAiHearing({ ...config, clock });
    case 'deepgram':
      return openDeepgram({ ...config, clock });
    case 'sherpa':
      try {
        return openSherpaHearing({ ...config, clock });
      } catch (error) {
        throw new ConfigError(`SIDETONE_SHERPA_STT_MODEL: ${(error as Error).message}`);
      }
  }
}
