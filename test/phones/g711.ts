import type { Codec } from './session-description.js';

/** G.711 between 16-bit linear samples and bytes, from the segment tables of the recommendation. */
export function encode(codec: Codec, pcm: Int16Array): Buffer {
  const table = codec === 'PCMU' ? MU_ENCODE : A_ENCODE;
  return Buffer.from(Uint8Array.from(pcm, (sample) => table[sample + 32768] ?? 0));
}

export function decode(codec: Codec, bytes: Uint8Array): Int16Array {
  const table = codec === 'PCMU' ? MU_DECODE : A_DECODE;
  return Int16Array.from(bytes, (byte) => table[byte] ?? 0);
}

/** The byte that stands for silence. */
export const SILENCE: Record<Codec, number> = { PCMU: 0xff, PCMA: 0xd5 };

/** Table 2a: 14-bit values, inverted bits, sign bit set for positive; a step doubles with each segment. */
function decodeMu(byte: number): number {
  const bits = ~byte & 0xff;
  const magnitude = ((((bits & 0x0f) << 1) + 33) << ((bits >> 4) & 7)) - 33;
  return (bits & 0x80 ? -magnitude : magnitude) * 4;
}

/** Table 1a: 13-bit values, even bits inverted. */
function decodeA(byte: number): number {
  const bits = byte ^ 0x55;
  const segment = (bits >> 4) & 7;
  const step = ((bits & 0x0f) << 1) + 1;
  const magnitude = segment === 0 ? step : (step + 32) << (segment - 1);
  return (bits & 0x80 ? magnitude : -magnitude) * 8;
}

const MU_DECODE = Int16Array.from({ length: 256 }, (_, byte) => decodeMu(byte));
const A_DECODE = Int16Array.from({ length: 256 }, (_, byte) => decodeA(byte));
const MU_ENCODE = nearest(MU_DECODE);
const A_ENCODE = nearest(A_DECODE);

/** For every 16-bit value the byte whose decoded value lies nearest: G.711's decision values are the midpoints. */
function nearest(decoded: Int16Array): Uint8Array {
  const order = [...decoded.keys()].sort((a, b) => (decoded[a] ?? 0) - (decoded[b] ?? 0));
  const table = new Uint8Array(65536);
  let at = 0;
  for (let value = -32768; value <= 32767; value++) {
    const distance = (index: number): number => Math.abs((decoded[order[index] ?? 0] ?? 0) - value);
    while (at + 1 < order.length && distance(at + 1) <= distance(at)) at++;
    table[value + 32768] = order[at] ?? 0;
  }
  return table;
}
