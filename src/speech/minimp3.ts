/**
 * One MPEG Layer III frame after another, by minimp3 in WebAssembly. The package's own JavaScript is for browsers and is
 * not used. Its way of decoding a whole file at once is not used either: it never ends on a file that starts with a
 * frame it cannot decode and stops inside one.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** 320 kbit/s at 32,000 samples a second, padded: ISO/IEC 11172-3, 2.4.3.1. */
const MAX_FRAME_BYTES = 1_441;
/** Two channels of 1,152 samples of 16 bits. */
const MAX_PCM_BYTES = 2 * 1_152 * 2;
/** What stands where samples go before each frame. No frame is the lowest value and nothing else. */
const UNWRITTEN = -32_768;

interface Minimp3Exports {
  memory: WebAssembly.Memory;
  decoder_init(): void;
  /** Also makes the memory large enough, and forgets the samples of the frame before. */
  decoder_set_mp3_data_size(bytes: number): void;
  decoder_mp3_data_offset(): number;
  /** Negative seconds: all there is. */
  decoder_decode(seconds: number): void;
  /** Right behind the frame, so it may be odd. */
  decoder_pcm_data_offset(): number;
  decoder_pcm_data_size(): number;
  decode_results_num_channels(): number;
}

export class Minimp3 {
  readonly #wasm: Minimp3Exports;

  constructor() {
    const file = fileURLToPath(import.meta.resolve('minimp3-wasm/dist/decoder.opt.wasm'));
    const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), {});
    this.#wasm = instance.exports as unknown as Minimp3Exports;
    this.#wasm.decoder_init();
    this.#wasm.decoder_set_mp3_data_size(MAX_FRAME_BYTES + MAX_PCM_BYTES);
  }

  /**
   * The samples of exactly one frame, channels mixed; undefined where they cannot be told, as when bits are missing that
   * a frame left out had for this one. Frames come in their order. Throws `WebAssembly.RuntimeError` where a broken
   * frame leads the decoder out of its memory; it is of no use then.
   */
  decode(frame: Uint8Array): Int16Array | undefined {
    if (frame.length > MAX_FRAME_BYTES) return undefined;
    const wasm = this.#wasm;
    wasm.decoder_set_mp3_data_size(frame.length);
    const start = wasm.decoder_mp3_data_offset();
    const memory = new DataView(wasm.memory.buffer);
    new Uint8Array(wasm.memory.buffer).set(frame, start);
    const samples = wasm.decoder_pcm_data_offset();
    for (let at = 0; at < MAX_PCM_BYTES; at += 2) memory.setInt16(samples + at, UNWRITTEN, true);
    wasm.decoder_decode(-1);
    // A copy, since it is aligned and the memory may have grown.
    const pcm = new Int16Array(wasm.memory.buffer.slice(samples, samples + wasm.decoder_pcm_data_size()));
    if (pcm.every((sample) => sample === UNWRITTEN)) return undefined;
    if (wasm.decode_results_num_channels() === 1) return pcm;
    return Int16Array.from({ length: pcm.length / 2 }, (_, at) => (pcm[2 * at]! + pcm[2 * at + 1]!) / 2);
  }
}
