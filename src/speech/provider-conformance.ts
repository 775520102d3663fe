/** How every adapter of an HTTP provider takes trouble; its test file calls this. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '#clock.js';
import { openProvider, type Reply, type StandInProvider } from '#speech/provider.fixture.js';

export const KEY = 'sk-a-secret-key';

/** A clock that the test holds. */
export type ProviderClock = Clock & { advance(ms: number): void };

export interface ProviderCase {
  newClock: () => ProviderClock;
  /** Opens the adapter with `KEY` on a provider at this address, and asks it something that takes one request. */
  ask: (options: { url: string; clock: Clock }) => { answer: Promise<unknown>; close: () => Promise<void> };
  errorClass: new (message: string) => Error;
  withinMs: number;
}

export function describeProviderTrouble(name: string, { newClock, ask, errorClass, withinMs }: ProviderCase): void {
  describe(`${name}, when its provider is in trouble`, () => {
    let provider: StandInProvider;
    let clock: ProviderClock;
    const opened: (() => Promise<void>)[] = [];

    beforeEach(async () => {
      provider = await openProvider();
      clock = newClock();
    });

    afterEach(async () => {
      await Promise.all(opened.splice(0).map((close) => close()));
      await provider.close();
    });

    const failure = async (url = provider.url): Promise<Error> => {
      const { answer, close } = ask({ url, clock });
      opened.push(close);
      const error: unknown = await answer.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(errorClass);
      expect((error as Error).message).not.toContain(KEY);
      expect((error as Error).message).not.toContain('127.0.0.1');
      return error as Error;
    };

    it.each<[string, Reply, string]>([
      ['the key is wrong', { status: 401, body: `{"error":{"message":"Incorrect API key: ${KEY}"}}` }, 'answered 401'],
      ['there were too many requests', { status: 429, body: 'slow down' }, 'answered 429'],
      ['it breaks', { status: 500, body: '<html>oh no</html>' }, 'answered 500'],
      ['it sends elsewhere', { status: 307, headers: { location: 'http://127.0.0.1:1/' } }, 'answered 307'],
      ['it says nothing', { status: 200, body: '' }, ':'],
      ['it talks nonsense', { status: 200, body: 'not what was asked for, by far' }, ':'],
      ['it says something else', { status: 200, body: '{"object":"list"}' }, ':'],
      ['it is cut off', 'cut', 'cannot be reached'],
      ['it never ends', 'endless', 'is larger than'],
    ])('%s', async (_what, reply, message) => {
      provider.answer(() => reply);
      expect((await failure()).message).toContain(message);
      expect(provider.asked).toHaveLength(1);
    });

    it('closes the connection in the moment it is used, and is asked once more', async () => {
      provider.answer(() => (provider.asked.length === 1 ? 'gone' : { status: 429 }));
      expect((await failure()).message).toContain('answered 429');
      provider.answer(() => 'gone');
      expect((await failure()).message).toContain('cannot be reached');
      expect(provider.asked).toHaveLength(4);
    });

    it('is not there', async () => {
      const { url } = provider;
      await provider.close();
      expect((await failure(url)).message).toContain('cannot be reached (ECONNREFUSED)');
    });

    it('hangs', async () => {
      provider.answer(() => 'never');
      const failed = failure();
      await provider.hasBeenAsked(1);
      clock.advance(withinMs);
      expect((await failed).message).toContain(`no answer within ${withinMs / 1000} s`);
    });
  });
}
