import { expect, test } from 'vitest';
import { sharedTime } from '#core/site-load/work-meter.js';

test('all work together uses no more time than there is', () => {
  let at = 1000;
  const meter = sharedTime(() => at);
  at += 50;
  const alone = meter();
  at += 10;
  const burst = Array.from({ length: 9 }, () => meter());
  at += 100;
  expect(alone()).toBeCloseTo(20);
  at += 90;
  for (const used of burst) expect(used()).toBeCloseTo(20);
  const after = meter();
  at += 7;
  expect(after()).toBeCloseTo(7);
});
