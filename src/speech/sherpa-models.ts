/**
 * Which options of sherpa-onnx's programs fit the files of a model's folder, as its models are packed.
 * https://k2-fsa.github.io/sherpa/onnx/pretrained_models/index.html
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What hears: options for `sherpa-onnx-offline`. Throws a sentence that says what is missing. */
export function hearingOptions(folder: string): { args: string[]; isWhisper: boolean } {
  const files = filesOf(folder);
  const find = (pattern: RegExp): string | undefined => smallest(files.filter((file) => pattern.test(file)));
  const option = (name: string, file: string): string => `--${name}=${join(folder, file)}`;
  const tokens = find(/tokens\.txt$/);
  if (tokens === undefined) throw new Error(`${folder} has no tokens.txt`);
  const [encoder, decoder, joiner, model] = [
    find(/encoder.*\.onnx$/),
    find(/decoder.*\.onnx$/),
    find(/joiner.*\.onnx$/),
    find(/^model.*\.onnx$/),
  ];
  if (encoder !== undefined && decoder !== undefined && joiner !== undefined) {
    const args = [option('encoder', encoder), option('decoder', decoder), option('joiner', joiner)];
    return { args: [option('tokens', tokens), ...args], isWhisper: false };
  }
  if (encoder !== undefined && decoder !== undefined) {
    const args = [option('whisper-encoder', encoder), option('whisper-decoder', decoder)];
    return { args: [option('tokens', tokens), ...args], isWhisper: true };
  }
  const family = SINGLE_FILES.find(({ named }) => named.test(basename(folder)));
  if (model !== undefined && family !== undefined) {
    return { args: [option('tokens', tokens), option(family.option, model)], isWhisper: false };
  }
  throw new Error(
    `${folder} has neither an encoder and a decoder, nor a model.onnx and a name with ` +
      'sense-voice, paraformer or nemo in it, by which its kind is told',
  );
}

/** Models in one file look alike; their folders have the names of their packages. */
const SINGLE_FILES = [
  { named: /sense-?voice/i, option: 'sense-voice-model' },
  { named: /paraformer/i, option: 'paraformer' },
  { named: /nemo/i, option: 'nemo-ctc-model' },
];

/** What speaks: options for `sherpa-onnx-offline-tts`. Throws a sentence that says what is missing. */
export function speakingOptions(folder: string): string[] {
  const files = filesOf(folder);
  const model = smallest(files.filter((file) => file.endsWith('.onnx')));
  if (model === undefined) throw new Error(`${folder} has no .onnx file`);
  if (!files.includes('tokens.txt')) throw new Error(`${folder} has no tokens.txt`);
  const family = files.includes('voices.bin') ? 'kokoro' : 'vits';
  const option = (name: string, file: string): string => `--${family}-${name}=${join(folder, file)}`;
  return [
    option('model', model),
    option('tokens', 'tokens.txt'),
    ...(family === 'kokoro' ? [option('voices', 'voices.bin')] : []),
    ...(files.includes('espeak-ng-data') ? [option('data-dir', 'espeak-ng-data')] : []),
    ...(files.includes('lexicon.txt') ? [option('lexicon', 'lexicon.txt')] : []),
  ];
}

function filesOf(folder: string): string[] {
  if (!existsSync(folder)) throw new Error(`${folder} is not there`);
  return readdirSync(folder).sort();
}

/** Of the same model in two sizes the quantised one: it is three times as quick without a graphics card. */
function smallest(files: string[]): string | undefined {
  return files.find((file) => file.includes('int8')) ?? files[0];
}
