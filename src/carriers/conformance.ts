/** What every carrier's adapter must do; its test file calls this with a far end that it runs itself. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CarrierListener, IncomingText, OutgoingText, PartResult, Receipt, TextPart } from '#carriers/carrier.js';
import type { OpenCarrier } from '#carriers/carrier-set.js';

/** An adapter and its far end, opened anew for each test. */
export interface CarrierStage {
  /** Connects, and resolves once texts can be handed over. */
  open(listener: CarrierListener): Promise<OpenCarrier>;
  /** The recipients for whom the far end does so. */
  numbers: {
    /** Takes it, and reports that it was delivered. */
    delivers: string;
    /** Takes it, and reports that it was not. */
    fails: string;
    /** Refuses it for good. */
    refuses: string;
    /** Asks to come again later, at least once, and then takes it. */
    throttles: string;
    /** Reads it, and breaks the connection without an answer. */
    loses: string;
  };
  /** Has the far end hand over a text from outside. Absent: the adapter hears of none by itself. */
  receive?: (text: { from: string; to: string; text: string }) => void | Promise<void>;
  /** The addresses of files that the far end was given with texts, where it can be asked. Absent: it takes words only. */
  media?: (() => readonly string[]) | 'taken';
  /** Lets time pass: the held clock's, or real time. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

const STEP_MS = 25;
const MOST_STEPS = 2400;

export function describeCarrierConformance(name: string, openStage: () => Promise<CarrierStage>): void {
  describe(`${name} is a carrier`, () => {
    let stage: CarrierStage;
    let carrier: OpenCarrier;
    let receipts: Receipt[];
    let messages: IncomingText[];
    /** Whether what is told can be written down. */
    let writes: boolean;

    const listener: CarrierListener = {
      onReceipt: async (_carrier, receipt) => {
        if (!writes) throw new Error('the database is away');
        receipts.push(receipt);
      },
      onMessage: async (_carrier, message) => {
        if (!writes) throw new Error('the database is away');
        messages.push(message);
      },
      onState: () => undefined,
    };

    beforeEach(async () => {
      receipts = [];
      messages = [];
      writes = true;
      stage = await openStage();
      carrier = await stage.open(listener);
    });
    afterEach(async () => {
      await carrier.close();
      await stage.close();
    });

    async function until(what: string, done: () => boolean): Promise<void> {
      for (let step = 0; !done(); step++) {
        if (step >= MOST_STEPS) throw new Error(`it does not come: ${what}`);
        await stage.pass(STEP_MS);
      }
    }

    async function handOver(text: OutgoingText): Promise<PartResult[]> {
      let results: PartResult[] | undefined;
      void carrier.submit(text).then((given) => (results = given));
      await until(`the answer for ${text.to}`, () => results !== undefined);
      return results!;
    }

    it('says for each part what it is called, or one thing for all', async () => {
      const short = await handOver(outgoing('sms_1', stage.numbers.delivers, 1));
      const long = await handOver(outgoing('sms_2', stage.numbers.delivers, 3));
      expect(short).toHaveLength(1);
      expect([1, 3]).toContain(long.length);
      const ids = [...short, ...long].map((result) => (result.kind === 'accepted' ? result.theirId : result.kind));
      expect([...short, ...long].map(({ kind }) => kind)).toEqual(ids.map(() => 'accepted'));
      expect(new Set(ids).size).toBe(ids.length);
    });

    it('takes a window of texts at once, and answers each', async () => {
      const texts = Array.from({ length: Math.min(carrier.window, 50) }, (_, index) =>
        outgoing(`sms_w${index}`, stage.numbers.delivers, 1),
      );
      const results = await Promise.all(texts.map(handOver));
      expect(results.map(([result]) => result?.kind)).toEqual(texts.map(() => 'accepted'));
    });

    it('hands over only the parts that it is given', async () => {
      const text = outgoing('sms_3', stage.numbers.delivers, 3);
      const results = await handOver({ ...text, parts: text.parts.slice(2) });
      expect(results.map(({ kind }) => kind)).toEqual(['accepted']);
    });

    it.each([
      ['delivers', ['delivered']],
      ['fails', ['undelivered', 'expired', 'rejected']],
    ] as const)('tells of a text that the network %s, by the id that its answer gave', async (fate, states) => {
      const [result] = await handOver(outgoing('sms_4', stage.numbers[fate], 1));
      const theirId = result?.kind === 'accepted' ? result.theirId : undefined;
      const final = () => receipts.find(({ state }) => state !== 'accepted' && state !== 'unknown');
      await until('the receipt', () => final() !== undefined);
      expect(states).toContain(final()?.state);
      expect(final()?.theirId).toBe(theirId);
    });

    it('tells of a receipt again that could not be written down', async () => {
      writes = false;
      await handOver(outgoing('sms_5', stage.numbers.delivers, 1));
      await stage.pass(1500);
      writes = true;
      await until('the receipt', () => receipts.some(({ state }) => state === 'delivered'));
    });

    it('says of what is refused that it is, and why', async () => {
      const results = await handOver(outgoing('sms_6', stage.numbers.refuses, 1));
      expect(results).toEqual([
        { kind: 'refused', code: expect.stringMatching(/./) as string, detail: expect.any(String) as string },
      ]);
    });

    it('says of what is throttled when to come again, and it is taken then', async () => {
      const text = outgoing('sms_7', stage.numbers.throttles, 1);
      const [first] = await handOver(text);
      expect(first?.kind).toBe('throttled');
      if (first?.kind === 'throttled') expect(first.retryAfterMs).toBeGreaterThan(0);
      let last = first;
      for (let times = 0; last?.kind === 'throttled' && times < 5; times++) {
        await stage.pass(last.retryAfterMs);
        [last] = await handOver(text);
      }
      expect(last?.kind).toBe('accepted');
    });

    it('does not know what became of a text whose answer got lost, and goes on', async () => {
      const [lost] = await handOver(outgoing('sms_8', stage.numbers.loses, 1));
      expect(lost?.kind).toBe('unknown');
      let again: PartResult | undefined;
      for (let times = 0; times < 20 && again?.kind !== 'accepted'; times++) {
        [again] = await handOver(outgoing(`sms_9_${times}`, stage.numbers.delivers, 1));
        // What surely never left may be handed over again.
        if (again?.kind !== 'accepted') expect(again?.kind).toBe('unreachable');
        await stage.pass(500);
      }
      expect(again?.kind).toBe('accepted');
    });

    it('hands a text over with its files, or not at all', async () => {
      const media = ['https://files.example/a.jpg', 'https://files.example/b.png'];
      const text = { ...outgoing('sms_12', stage.numbers.delivers, 1), media };
      const results = await handOver(text);
      if (stage.media === undefined) {
        expect(results).toMatchObject([{ kind: 'refused', code: 'no_media' }]);
      } else {
        expect(results.map(({ kind }) => kind)).toEqual(['accepted']);
        if (stage.media !== 'taken') expect(stage.media()).toEqual(media);
      }
      expect((await handOver(outgoing('sms_13', stage.numbers.delivers, 1))).map(({ kind }) => kind)).toEqual([
        'accepted',
      ]);
    });

    it('answers everything when it is closed, and takes nothing more', async () => {
      const text = outgoing('sms_10', stage.numbers.delivers, 1);
      let results: PartResult[] | undefined;
      void carrier.submit(text).then((given) => (results = given));
      let closed = false;
      void carrier.close().then(() => (closed = true));
      await until('the end', () => closed && results !== undefined);
      expect(['accepted', 'unknown', 'unreachable']).toContain(results?.[0]?.kind);
      const after = await handOver(outgoing('sms_11', stage.numbers.delivers, 1));
      expect(after.map(({ kind }) => kind)).toEqual(['unreachable']);
    });

    it('hands on a text from outside, again where it could not be written down', async () => {
      if (stage.receive === undefined) return;
      writes = false;
      await stage.receive({ from: '+12125550100', to: '+15005550100', text: 'Stop, please: ünd so weiter' });
      await stage.pass(1500);
      writes = true;
      await until('the text', () => messages.length > 0);
      expect(messages[0]).toMatchObject({
        from: '+12125550100',
        to: '+15005550100',
        text: 'Stop, please: ünd so weiter',
      });
    });
  });
}

/** A text of so many parts, with the header that says so (3GPP TS 23.040, 9.2.3.24.1). */
export function outgoing(id: string, to: string, of: number): OutgoingText {
  const parts = Array.from({ length: of }, (_, index): TextPart => {
    const body = Uint8Array.from('Part. ', (letter) => letter.charCodeAt(0));
    const header = of === 1 ? new Uint8Array() : Uint8Array.from([5, 0, 3, 77, of, index + 1]);
    return { part: index + 1, header, body };
  });
  return {
    ...{ id, to, from: '+15005550100', text: 'Part. '.repeat(of), encoding: 'gsm7' },
    ...{ parts, of, reference: 77, validitySeconds: 3600 },
  };
}
