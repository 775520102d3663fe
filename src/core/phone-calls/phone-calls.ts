import type { CallTaker, ComingCall, TakenCall } from '#core/calls/index.js';
import type { LiveCalls } from '#core/phone-calls/live-calls.js';
import { meansHelp } from '#core/phone-calls/means-help.js';
import { PhoneMoves } from '#core/phone-calls/phone-moves.js';
import { takePhoneCall } from '#core/phone-calls/take-phone-call.js';
import { takeTrunkCall } from '#core/phone-calls/take-trunk-call.js';

/** Takes the calls that lead to people, and those that people make with their phones. */
export class PhoneCalls implements CallTaker {
  private readonly moves: PhoneMoves;

  constructor(live: LiveCalls) {
    this.moves = new PhoneMoves(live);
  }

  meansHelp({ core, incoming }: ComingCall): Promise<boolean> {
    return meansHelp(core, incoming);
  }

  takeTrunkCall(coming: ComingCall): Promise<TakenCall | number | undefined> {
    return takeTrunkCall(this.moves, coming);
  }

  takePhoneCall(coming: ComingCall): Promise<TakenCall | number> {
    return takePhoneCall(this.moves, coming);
  }
}
