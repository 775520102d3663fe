import { expect, it } from 'vitest';
import { look, tried } from '#voice/fuzz/sip.fixture.js';
import { BENCH_INVITE, benchParse } from '#voice/sip/parse-bench.js';
import { parseMessage } from '#voice/sip/parse-message.js';

// No time is asserted: a parser that is not linear in what is hostile runs into the test's timeout.
it('gets through what is hostile', () => {
  const repeated = ['a', ' ', '"', '\\"', '<', ';a', ',', '%41', '\t;', 'a=b,', '\r\n '].map((morsel) =>
    morsel.repeat(8_000 / morsel.length),
  );
  const hostile = [
    ...repeated,
    ...repeated.map((value) => `${value}\r\n x`),
    ...repeated.map((value) => `<sip:a@b>;${value}`),
  ];
  const whole = BENCH_INVITE.toString();
  let refused = 0;
  for (const value of hostile) {
    for (const name of ['Via', 'To', 'Contact', 'CSeq', 'Authorization', 'Route']) {
      const rest = whole.replace(new RegExp(`^${name}: .*\r\n`, 'm'), '');
      const message = tried(() => parseMessage(Buffer.from(rest.replace('\r\n', `\r\n${name}: ${value}\r\n`))));
      if (message === undefined) refused++;
      else look(message);
    }
  }
  expect(refused).toBeGreaterThan(60);
});

it('has a bench that runs', () => {
  expect(benchParse(10)).toBeGreaterThan(0);
});
