import { NO_ROUTE, readTrunks, toWay, type TakenCall } from '#core/calls/index.js';
import { emergencyWays } from '#core/emergency/index.js';
import { newId } from '#core/ids.js';
import { noticeEmergency } from '#core/phone-calls/emergency-notice.js';
import { EmergencyRun } from '#core/phone-calls/emergency-run.js';
import { rowOf, type FromPhone } from '#core/phone-calls/take-phone-call.js';
import { insertPhoneCall } from '#core/phone-calls/write-phone-call.js';

/** A call for help (rule 11): before every limit, and written down with the notice to the owners before it is dialled. */
export async function takeEmergencyCall(call: FromPhone, number: string): Promise<TakenCall | number> {
  const { core, coming, phone } = call;
  const { accountId, shown } = phone;
  const trunks = (await readTrunks(core.db)).map((row) => toWay(row));
  const ways = emergencyWays(trunks, { accountId, number, shown: shown ?? '' }).map(({ id }) => id);
  const [first] = ways;
  if (first === undefined) {
    core.log.error({ account: accountId, phone: phone.name, number }, 'a call for help has no trunk, and is refused');
    return NO_ROUTE;
  }
  const outside = newId('leg', core.clock.now());
  return {
    isHelp: true,
    async write(tx, at) {
      const led = { purpose: 'emergency', to: number, from: shown ?? phone.number } as const;
      const row = await insertPhoneCall(
        tx,
        { ...rowOf(call, led), leg: outside, target: `by trunk ${first}`, trunkId: first },
        at,
      );
      await noticeEmergency(tx, row, phone, at);
      return row;
    },
    begin(row) {
      core.wake.deliveries();
      core.wake.emails();
      return new EmergencyRun(core, row, { leg: coming.incoming.leg, outside, ways, legs: coming.legs });
    },
  };
}
