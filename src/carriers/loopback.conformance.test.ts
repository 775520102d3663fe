import { describeCarrierConformance } from '#carriers/conformance.js';
import { loopbackCarrier } from '#carriers/loopback.js';
import { HeldClock } from '#test/held-clock.js';

describeCarrierConformance('loopback', async () => {
  const clock = new HeldClock();
  return {
    open: async (listener) => loopbackCarrier(clock, listener),
    numbers: {
      delivers: '+12125550100',
      fails: '+15005550070',
      refuses: '+15005550071',
      throttles: '+15005550076',
      loses: '+15005550078',
    },
    media: 'taken',
    pass: async (ms) => {
      clock.advance(ms);
      await new Promise((resolve) => setImmediate(resolve));
    },
    close: async () => undefined,
  };
});
