/** What becomes of a text in the sandbox. */
export interface Fate {
  /** The carrier's answer; default: accepted. `throttled`: so often, then accepted. `lost`: the connection breaks. */
  answer?: { kind: 'refused'; code: string; detail: string } | { kind: 'throttled'; times: number } | { kind: 'lost' };
  /** Milliseconds from the handing over, in order. Default: delivered after a second. */
  receipts?: readonly { afterMs: number; state: 'accepted' | 'delivered' | 'undelivered' | 'expired'; code?: string }[];
  /** What the person answers, two seconds after it was delivered. */
  reply?: string;
  /** With a picture. */
  withPicture?: boolean;
}

export const ANSWER_MS = 50;
export const REPLY_MS = 2000;

const DELIVERED_MS = 1000;
const LATE_MS = 120_000;
const DELIVERED = { afterMs: DELIVERED_MS, state: 'delivered' } as const;

/** The documented range: `+1500555` and four digits, of which the last four choose. Documented in docs/sandbox.md. */
const RANGE = /^\+1500555(\d{4})$/;

const FATES: Readonly<Record<string, Fate>> = {
  '0070': { receipts: [{ afterMs: DELIVERED_MS, state: 'undelivered', code: '27' }] },
  '0071': { answer: { kind: 'refused', code: '11', detail: 'There is no such destination.' } },
  '0072': { receipts: [{ afterMs: LATE_MS, state: 'delivered' }] },
  '0073': { receipts: [DELIVERED, { afterMs: DELIVERED_MS + 500, state: 'delivered' }] },
  // Before the answer.
  '0074': { receipts: [{ afterMs: ANSWER_MS / 2, state: 'delivered' }] },
  '0075': { receipts: [] },
  '0076': { answer: { kind: 'throttled', times: 2 } },
  '0077': { answer: { kind: 'lost' }, receipts: [{ afterMs: 30_000, state: 'delivered' }] },
  '0078': { answer: { kind: 'lost' }, receipts: [] },
  '0079': {
    receipts: [
      { afterMs: DELIVERED_MS, state: 'delivered' },
      { afterMs: DELIVERED_MS + 500, state: 'accepted' },
      { afterMs: DELIVERED_MS + 1000, state: 'undelivered', code: '1' },
    ],
  },
  '0080': { reply: 'STOP' },
  '0081': { reply: 'START' },
  '0082': { reply: 'Yes' },
  '0083': { reply: 'HELP' },
  '0084': { reply: 'Thank you!' },
  '0085': { reply: 'please stop texting me' },
  '0087': { reply: 'Here it is', withPicture: true },
  '0086': { receipts: [{ afterMs: 10_000, state: 'expired', code: '2' }] },
};

/** A PNG of one red point. */
export const PICTURE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';

/** Any number without a fate of its own gets its texts. */
export function fateOf(number: string): Required<Pick<Fate, 'receipts'>> & Fate {
  const fate = FATES[RANGE.exec(number)?.[1] ?? ''] ?? {};
  return { receipts: [DELIVERED], ...fate };
}
