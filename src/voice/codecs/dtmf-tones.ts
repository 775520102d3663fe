/** The sixteen keys as tones (ITU-T Q.23): one of a low and one of a high group. */
import { encodeG711, type G711Law } from '#voice/codecs/g711.js';
import { generateTones } from '#voice/codecs/tones.js';

/** Hertz. */
export const LOW_GROUP = [697, 770, 852, 941] as const;
export const HIGH_GROUP = [1_209, 1_336, 1_477, 1_633] as const;
/** By low, then by high frequency. */
const KEYS = ['123A', '456B', '789C', '*0#D'] as const;

/** As telephones send them: the high group a little louder, because lines weaken it more. dBm0. */
const LOW_DBM0 = -9;
const HIGH_DBM0 = -7;

export function keyOf(low: number, high: number): string {
  return KEYS[low]![high]!;
}

const encoded = new Map<string, Uint8Array>();

/** A press as octets; made once for each key, law and length. Throws a RangeError for what is no key. */
export function encodedKey(digit: string, law: G711Law, durationMs: number): Uint8Array {
  const name = `${digit} ${law} ${durationMs}`;
  let octets = encoded.get(name);
  if (!octets) {
    octets = encodeG711(keyTones(digit, durationMs), law);
    encoded.set(name, octets);
  }
  return octets;
}

function keyTones(digit: string, durationMs: number): Int16Array {
  const low = KEYS.findIndex((row) => digit.length === 1 && row.includes(digit));
  if (low < 0) throw new RangeError(`'${digit}' is not a DTMF key`);
  const high = KEYS[low]!.indexOf(digit);
  return generateTones(
    [
      { hz: LOW_GROUP[low]!, dBm0: LOW_DBM0 },
      { hz: HIGH_GROUP[high]!, dBm0: HIGH_DBM0 },
    ],
    durationMs,
  );
}
