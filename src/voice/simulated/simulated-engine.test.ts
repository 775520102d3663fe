import { HeldClock } from '#test/held-clock.js';
import { describeEngineConformance } from '#voice/conformance.js';
import { SimulatedEngine, SIMULATED_TRUNK } from '#voice/simulated/simulated-engine.js';

const number = (to: string) => ({ kind: 'trunk', trunk: SIMULATED_TRUNK, number: to }) as const;

describeEngineConformance('simulated', async () => {
  const clock = new HeldClock();
  const engine = new SimulatedEngine(clock);
  return {
    engine,
    farEnds: {
      answering: number('+12125550100'),
      pressing: number('+15005550001'),
      busy: number('+15005550020'),
      rejecting: number('+15005550021'),
      silent: number('+15005550022'),
      unallocated: number('+15005550023'),
    },
    async until(isDone) {
      for (let moved = 0; !isDone(); moved += 10) {
        if (moved > 300_000) throw new Error('it did not happen within five minutes of the held clock');
        clock.advance(10);
      }
    },
    close: () => engine.close(),
  };
});
