import { holdRowMinute, nameRowLeg, releaseSeat, takeRowTrunk, takeSeat, writeRowLegEnd } from '#core/calls/index.js';
import type { Channel } from '#core/phone-calls/trunk-way.js';
import type { WayAsked } from '#core/phone-calls/way-out.js';

/** A channel beside that of the call: of somebody whom it is passed on to. Nobody is charged for it. */
export function seatChannel(asked: WayAsked): Channel {
  return {
    take: (tx, leg, tried, at) => takeSeat(tx, { ...asked, leg, tried }, at),
    hold: () => Promise.resolve(undefined),
    release: (tx, leg) => releaseSeat(tx, leg),
  };
}

/**
 * The channel of the call's own row: of a phone of ours that calls a number outside, whose account is charged for it and has it among
 * its calls. Each leg is a try of the call, and the channel is given back with the row.
 */
export function rowChannel({ callId, number }: WayAsked): Channel {
  return {
    async take(tx, leg, tried, at) {
      const taken = await takeRowTrunk(tx, { callId, number, tried }, at);
      if (typeof taken === 'string' || 'waitMs' in taken) return taken;
      await nameRowLeg(tx, callId, { leg, trunk: taken.trunk, isFirst: tried.length === 0 }, at);
      return taken;
    },
    async hold(tx, at) {
      const held = await holdRowMinute(tx, callId, at);
      return held === 'held' ? undefined : held === 'ended' ? 'no_room' : held;
    },
    release: (tx, leg, event, at) => writeRowLegEnd(tx, { callId, leg, event }, at),
  };
}
