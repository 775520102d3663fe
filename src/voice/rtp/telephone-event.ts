/** The payload of telephone-event (RFC 4733 section 2.3), for the sixteen DTMF keys. */
export const TELEPHONE_EVENT_BYTES = 4;

/** Timestamp units in the duration field: a longer press is sent in segments (section 2.5.1.3). */
export const MAX_EVENT_DURATION = 0xffff;

/** In the order of their event codes (section 3.2). */
export const DTMF_DIGITS = '0123456789*#ABCD';

export interface TelephoneEvent {
  digit: string;
  /** The key has been released. */
  end: boolean;
  /** Tone level, 0 to 63: so many dB below 0 dBm0. */
  volume: number;
  /** Timestamp units since the press, growing from packet to packet. */
  duration: number;
}

/** Undefined for events that are no keys, and for what is too short. */
export function parseTelephoneEvent(payload: Uint8Array): TelephoneEvent | undefined {
  if (payload.length < TELEPHONE_EVENT_BYTES) return undefined;
  const digit = DTMF_DIGITS[payload[0]!];
  if (digit === undefined) return undefined;
  return {
    digit,
    end: (payload[1]! & 0x80) !== 0,
    volume: payload[1]! & 0x3f,
    duration: (payload[2]! << 8) | payload[3]!,
  };
}

/** Throws a RangeError for a digit that is no DTMF key. */
export function writeTelephoneEvent(into: Uint8Array, at: number, event: TelephoneEvent): void {
  const code = event.digit.length === 1 ? DTMF_DIGITS.indexOf(event.digit) : -1;
  if (code < 0) throw new RangeError(`'${event.digit}' is not a DTMF key`);
  into[at] = code;
  into[at + 1] = (event.end ? 0x80 : 0) | (event.volume & 0x3f);
  into[at + 2] = event.duration >>> 8;
  into[at + 3] = event.duration;
}
