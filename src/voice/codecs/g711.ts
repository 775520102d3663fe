/**
 * G.711 (ITU-T 11/88), µ-law and A-law, as look-up tables: 8,000 octets a second, one per sample. The linear side is 16
 * bit; µ-law works on its upper 14 bits and A-law on its upper 13, negative values as one's complement.
 */
export type G711Law = 'PCMU' | 'PCMA';

interface LawTables {
  /** By octet. */
  decode: Int16Array;
  /** By the sample's low 16 bits. */
  encode: Uint8Array;
}

/** G.711 table 2: step sizes double with each of eight segments, offset by 33 so that segments join. */
function decodeMuLaw(octet: number): number {
  const code = ~octet & 0xff;
  const segment = (code >> 4) & 7;
  const magnitude = ((((code & 0x0f) << 1) + 33) << segment) - 33;
  return (code & 0x80 ? -magnitude : magnitude) * 4;
}

function encodeMuLaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min((sample < 0 ? ~sample : sample) >> 2, 0x1fff - 33) + 33;
  const segment = 31 - Math.clz32(magnitude) - 5;
  return ~(sign | (segment << 4) | ((magnitude >> (segment + 1)) & 0x0f)) & 0xff;
}

/** G.711 table 1: the lowest two segments share a step size; even bits are inverted on the line. */
function decodeALaw(octet: number): number {
  const code = octet ^ 0x55;
  const segment = (code >> 4) & 7;
  const step = ((code & 0x0f) << 1) + 1;
  const magnitude = segment === 0 ? step : (step + 32) << (segment - 1);
  return (code & 0x80 ? magnitude : -magnitude) * 8;
}

function encodeALaw(sample: number): number {
  const sign = sample < 0 ? 0 : 0x80;
  const magnitude = (sample < 0 ? ~sample : sample) >> 4;
  const segment = magnitude < 16 ? 0 : 31 - Math.clz32(magnitude) - 3;
  const step = magnitude >> Math.max(0, segment - 1);
  return (sign | (segment << 4) | (step & 0x0f)) ^ 0x55;
}

function tables(decode: (octet: number) => number, encode: (sample: number) => number): LawTables {
  return {
    decode: Int16Array.from({ length: 256 }, (_, octet) => decode(octet)),
    encode: Uint8Array.from({ length: 65_536 }, (_, bits) => encode((bits << 16) >> 16)),
  };
}

const LAWS: Record<G711Law, LawTables> = {
  PCMU: tables(decodeMuLaw, encodeMuLaw),
  PCMA: tables(decodeALaw, encodeALaw),
};

/** The octet that a sample of zero becomes: a packet full of it is silence. */
export const G711_SILENCE: Record<G711Law, number> = { PCMU: 0xff, PCMA: 0xd5 };

/** The linear value of each of the 256 octets. */
export function g711DecodeTable(law: G711Law): Int16Array {
  return LAWS[law].decode;
}

/** The octet of each linear value, by its low 16 bits. */
export function g711EncodeTable(law: G711Law): Uint8Array {
  return LAWS[law].encode;
}

function transcode(from: G711Law, to: G711Law): Uint8Array {
  const { decode } = LAWS[from];
  return Uint8Array.from(decode, (sample) => LAWS[to].encode[sample & 0xffff]!);
}

const TRANSCODES: Record<G711Law, Record<G711Law, Uint8Array>> = {
  // The same law keeps every octet as it is, also the two that mean zero.
  PCMU: { PCMU: Uint8Array.from({ length: 256 }, (_, octet) => octet), PCMA: transcode('PCMU', 'PCMA') },
  PCMA: { PCMU: transcode('PCMA', 'PCMU'), PCMA: Uint8Array.from({ length: 256 }, (_, octet) => octet) },
};

/** The octet of one law that is nearest to each octet of the other. */
export function transcodeTable(from: G711Law, to: G711Law): Uint8Array {
  return TRANSCODES[from][to];
}

export function encodeG711(pcm: Int16Array, law: G711Law): Uint8Array {
  const table = LAWS[law].encode;
  const octets = new Uint8Array(pcm.length);
  for (let i = 0; i < pcm.length; i++) octets[i] = table[pcm[i]! & 0xffff]!;
  return octets;
}

export function decodeG711(octets: Uint8Array, law: G711Law): Int16Array {
  const table = LAWS[law].decode;
  const pcm = new Int16Array(octets.length);
  for (let i = 0; i < octets.length; i++) pcm[i] = table[octets[i]!]!;
  return pcm;
}
