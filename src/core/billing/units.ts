/** What is charged for, and what one of it is. `docs/billing.md` is written from it. */
export const UNITS = {
  voice_minute: {
    description: 'A started minute of an answered call that left by a trunk.',
    charged: true,
  },
  voice_otp_call: {
    description: 'A one-time code that was spoken in a call and heard to its end.',
    charged: true,
  },
  tts_1k_characters: { description: 'A thousand characters turned into speech.', charged: true },
  stt_minute: { description: 'A minute of sound turned into text.', charged: true },
  sms_segment: { description: 'A part of a text message that a carrier took.', charged: true },
  channel_monthly: { description: 'A channel, a month. Listed only: nothing charges it.', charged: false },
  number_monthly: { description: 'A number, a month. Listed only: nothing charges it.', charged: false },
} as const satisfies Record<string, { description: string; charged: boolean }>;

export type Unit = keyof typeof UNITS;

export const UNIT_NAMES = Object.keys(UNITS) as Unit[];

export function isUnit(text: string): text is Unit {
  return Object.hasOwn(UNITS, text);
}
