import type { CarrierListener } from '#carriers/carrier.js';
import type { OpenCarrier } from '#carriers/carrier-set.js';
import { describeCarrierConformance } from '#carriers/conformance.js';
import { smppCarrier } from '#carriers/smpp-carrier.js';
import { systemClock } from '#clock.js';
import { readGsm7 } from '#core/segments/index.js';
import { septetsOf } from '#core/segments/encoding.js';
import { Smsc, type Fate } from '#test/smsc.js';

const FATES: Readonly<Record<string, Fate>> = {
  '12125550100': { answer: 'accept', receipt: 'prompt' },
  '12125550101': { answer: 'accept', receipt: 'prompt', state: 'UNDELIV' },
  '12125550102': { answer: 'refuse' },
  '12125550104': { answer: 'accept', cut: 'taken' },
};
const THROTTLED = '12125550103';

describeCarrierConformance('smpp', async () => {
  let throttled = 0;
  const fate = (_nth: number, to: string): Fate =>
    FATES[to] ?? { answer: to === THROTTLED && throttled++ === 0 ? 'throttle' : 'accept' };
  const smsc = await Smsc.open({ fate });
  return {
    open: (listener) => connected(smsc.port, listener),
    numbers: {
      ...{ delivers: '+12125550100', fails: '+12125550101', refuses: '+12125550102' },
      ...{ throttles: `+${THROTTLED}`, loses: '+12125550104' },
    },
    receive: ({ from, to, text }) => {
      const septets = septetsOf('gsm7');
      smsc.deliver({
        ...{ source_addr_ton: 1, source_addr: from.slice(1), dest_addr_ton: 1, destination_addr: to.slice(1) },
        ...{
          data_coding: 0,
          short_message: Buffer.from([...text].flatMap((character) => septets.get(character) ?? [])),
        },
      });
    },
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    close: () => smsc.close(),
  };
});

/** Resolves once it is bound. */
function connected(port: number, listener: CarrierListener): Promise<OpenCarrier> {
  const settings = { host: '127.0.0.1', port, systemId: 'sidetone' };
  return new Promise((resolve) => {
    const carrier = smppCarrier(
      { id: 'car_1', name: 'smpp', kind: 'smpp', settings, secrets: { password: 'secret' } },
      { ...listener, onState: (_id, { up }) => (up ? resolve(carrier) : undefined) },
      { clock: systemClock, readGsm7 },
    );
  });
}
