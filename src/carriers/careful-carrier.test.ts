import { beforeEach, describe, expect, test } from 'vitest';
import { careful, FIRST_REST_MS, LONGEST_REST_MS, UNKNOWN_IN_A_ROW } from '#carriers/careful-carrier.js';
import type { CarrierConfig, CarrierState, OutgoingText, PartResult } from '#carriers/carrier.js';
import type { OpenCarrier, OpenWith } from '#carriers/carrier-set.js';
import { HeldClock } from '../../test/held-clock.js';

const ACCEPTED: PartResult = { kind: 'accepted', theirId: 'x' };
const UNKNOWN: PartResult = { kind: 'unknown', detail: 'no answer' };
const UNREACHABLE: PartResult = { kind: 'unreachable', detail: 'refused to connect' };

let clock: HeldClock;
let states: boolean[];
/** What the far end says. */
let answer: PartResult;
let asked: number;
let probed: CarrierState | undefined;
let say: (state: CarrierState) => void;

beforeEach(() => {
  clock = new HeldClock();
  [states, asked, answer, probed] = [[], 0, ACCEPTED, undefined];
});

function open(kind: 'smpp' | 'http'): OpenCarrier {
  const inner: OpenWith = (config, listener) => {
    say = (state) => listener.onState(config.id, state);
    return {
      window: 10,
      async submit() {
        asked += 1;
        return [answer];
      },
      ...(kind === 'http' ? { probe: async () => probed! } : {}),
      close: () => Promise.resolve(),
    };
  };
  const wrapped = careful({ [kind]: inner }, clock)[kind] as OpenWith;
  return wrapped({ id: 'car_1', name: 'test', kind } as CarrierConfig, {
    onReceipt: () => Promise.resolve(),
    onMessage: () => Promise.resolve(),
    onState: (_id, { up }) => void states.push(up),
  });
}

const TEXT = { parts: [{ part: 1 }] } as unknown as OutgoingText;

async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  await new Promise((resolve) => setImmediate(resolve));
}

describe('one that takes texts and never says what became of them', () => {
  test('gets few of all that wait, and is tried again ever later', async () => {
    const carrier = open('smpp');
    say({ up: true, detail: 'bound' });
    answer = UNKNOWN;
    // A day of texts, ten at once as its window allows, each again when it is told to come later.
    for (let passed = 0; passed < 24 * 3600; passed += 10) {
      await Promise.all(Array.from({ length: carrier.window }, () => carrier.submit(TEXT)));
      await pass(10_000);
    }
    expect(asked).toBeLessThan(330);
    expect(asked).toBeGreaterThan((24 * 3600 * 1000) / LONGEST_REST_MS / 2);
    expect(states.slice(0, 2)).toEqual([true, false]);

    answer = ACCEPTED;
    await pass(LONGEST_REST_MS);
    asked = 0;
    expect(await carrier.submit(TEXT)).toEqual([ACCEPTED]);
    const all = await Promise.all(Array.from({ length: carrier.window }, () => carrier.submit(TEXT)));
    expect([asked, all.flat()]).toEqual([1 + carrier.window, all.map(() => ACCEPTED)]);
    expect(states.at(-1)).toBe(true);
  });

  test('says when to come again to what it does not hand over', async () => {
    const carrier = open('smpp');
    answer = UNKNOWN;
    for (let texts = 0; texts < UNKNOWN_IN_A_ROW; texts++) expect(await carrier.submit(TEXT)).toEqual([UNKNOWN]);
    expect(await carrier.submit(TEXT)).toEqual([
      { kind: 'throttled', code: 'no_answers', retryAfterMs: FIRST_REST_MS },
    ]);
    expect(states).toEqual([false]);
    await pass(FIRST_REST_MS);
    // One finds out, the others wait for it.
    const two = await Promise.all([carrier.submit(TEXT), carrier.submit(TEXT)]);
    expect(two.flat().map(({ kind }) => kind)).toEqual(['unknown', 'throttled']);
  });

  test('a lost answer now and then changes nothing', async () => {
    const carrier = open('smpp');
    for (let texts = 0; texts < 50; texts++) {
      answer = texts % UNKNOWN_IN_A_ROW === 0 ? ACCEPTED : UNKNOWN;
      expect(await carrier.submit(TEXT)).toEqual([answer]);
    }
    expect(states).toEqual([]);
  });
});

describe('a service that failed', () => {
  test.each([UNKNOWN, UNREACHABLE])(
    'is asked again without a text, ever later, until it is well: $kind',
    async (failure) => {
      const carrier = open('http');
      answer = failure;
      await carrier.submit(TEXT);
      expect(states).toEqual([false]);
      probed = { up: false, detail: 'It answered 503.' };
      await pass(FIRST_REST_MS);
      await pass(2 * FIRST_REST_MS);
      probed = { up: true, detail: 'It answered 200.' };
      await pass(4 * FIRST_REST_MS - 1);
      expect(states).toEqual([false, false]);
      await pass(1);
      expect(states).toEqual([false, false, true]);
      expect(asked).toBe(1);
    },
  );

  test('in a former life is asked when it is opened', async () => {
    open('http');
    probed = { up: true, detail: 'It answered 200.' };
    await pass(FIRST_REST_MS);
    expect(states).toEqual([true]);
  });

  test('is well at once when a text is answered', async () => {
    const carrier = open('http');
    answer = UNREACHABLE;
    await carrier.submit(TEXT);
    answer = ACCEPTED;
    await carrier.submit(TEXT);
    expect(states).toEqual([false, true]);
  });
});

test('nothing is told after the end', async () => {
  const carrier = open('http');
  await carrier.close();
  answer = UNREACHABLE;
  await carrier.submit(TEXT);
  await pass(LONGEST_REST_MS);
  expect(states).toEqual([]);
});
