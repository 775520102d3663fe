/**
 * WAV files (RIFF WAVE) as mono samples: PCM of 8 to 32 bits, float, A-law and µ-law, any rate, channels mixed.
 * Format tags: RFC 2361. Companding: ITU-T G.711. Sizes in headers are not believed, since streamed files leave them open.
 */
import { AudioError } from '#speech/audio-error.js';
import type { Samples } from '#speech/tts.js';

const PCM = 0x0001;
const IEEE_FLOAT = 0x0003;
const A_LAW = 0x0006;
const MU_LAW = 0x0007;
/** The real tag is then the start of a GUID further on. */
const EXTENSIBLE = 0xfffe;

const MAX_CHANNELS = 8;
const MIN_RATE = 1_000;
const MAX_RATE = 384_000;

export function isWav(bytes: Uint8Array): boolean {
  return bytes.length >= 12 && text(bytes, 0) === 'RIFF' && text(bytes, 8) === 'WAVE';
}

/** Throws `AudioError`. */
export function readWav(bytes: Uint8Array): Samples {
  if (!isWav(bytes)) throw new AudioError('this is not a WAV file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const id = text(bytes, at);
    const start = at + 8;
    const end = Math.min(bytes.length, start + view.getUint32(at + 4, true));
    if (id === 'fmt ') format = readFormat(view, start, end);
    if (id === 'data') {
      if (!format) throw new AudioError('the WAV file has its sound before its format');
      return { pcm: mix(view, start, end, format), rate: format.rate };
    }
    // Chunks start at even offsets.
    at = end + ((end - start) & 1);
  }
  throw new AudioError('the WAV file has no sound in it');
}

interface Format {
  rate: number;
  channels: number;
  bytesPerSample: number;
  /** One sample as a signed 16-bit value. */
  sample: (view: DataView, at: number) => number;
}

function readFormat(view: DataView, start: number, end: number): Format {
  if (end - start < 16) throw new AudioError('the WAV file ends inside its header');
  let tag = view.getUint16(start, true);
  if (tag === EXTENSIBLE && end - start >= 26) tag = view.getUint16(start + 24, true);
  const channels = view.getUint16(start + 2, true);
  const rate = view.getUint32(start + 4, true);
  const bits = view.getUint16(start + 14, true);
  const sample = SAMPLE_READERS[`${tag}/${bits}`];
  if (!sample) {
    throw new AudioError(
      `the WAV file holds ${bits}-bit sound of format ${tag}; PCM, float, A-law and µ-law can be used`,
    );
  }
  if (channels < 1 || channels > MAX_CHANNELS) throw new AudioError(`the WAV file has ${channels} channels`);
  if (rate < MIN_RATE || rate > MAX_RATE) throw new AudioError(`the WAV file has ${rate} samples a second`);
  return { rate, channels, bytesPerSample: bits / 8, sample };
}

const SAMPLE_READERS: Record<string, Format['sample']> = {
  [`${PCM}/8`]: (view, at) => (view.getUint8(at) - 128) << 8,
  [`${PCM}/16`]: (view, at) => view.getInt16(at, true),
  [`${PCM}/24`]: (view, at) => view.getInt16(at + 1, true),
  [`${PCM}/32`]: (view, at) => view.getInt16(at + 2, true),
  [`${IEEE_FLOAT}/32`]: (view, at) => fromFloat(view.getFloat32(at, true)),
  [`${IEEE_FLOAT}/64`]: (view, at) => fromFloat(view.getFloat64(at, true)),
  [`${A_LAW}/8`]: (view, at) => A_LAW_VALUES[view.getUint8(at)]!,
  [`${MU_LAW}/8`]: (view, at) => MU_LAW_VALUES[view.getUint8(at)]!,
};

/** −1…1 as 16 bits; what is beyond is cut, what is no number is silence. */
export function fromFloat(value: number): number {
  return Math.round(Math.max(-1, Math.min(1, value || 0)) * 32767);
}

function mix(view: DataView, start: number, end: number, format: Format): Int16Array {
  const { channels, bytesPerSample, sample } = format;
  const frameBytes = channels * bytesPerSample;
  const pcm = new Int16Array(Math.floor((end - start) / frameBytes));
  for (let frame = 0; frame < pcm.length; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      sum += sample(view, start + frame * frameBytes + channel * bytesPerSample);
    }
    pcm[frame] = sum / channels;
  }
  return pcm;
}

const MU_LAW_VALUES = Int16Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return bits & 0x80 ? -magnitude : magnitude;
});

const A_LAW_VALUES = Int16Array.from({ length: 256 }, (_, code) => {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const step = ((bits & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return bits & 0x80 ? magnitude : -magnitude;
});

function text(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
