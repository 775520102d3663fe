import { NO_ROUTE, type CallTaker, type ComingCall, type TakenCall } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import type { LiveCalls } from '#core/phone-calls/live-calls.js';
import { takeTrunkCall } from '#core/phone-calls/take-trunk-call.js';

/** Takes the calls that lead to people, and those that people make with their phones. */
export class PhoneCalls implements CallTaker {
  constructor(
    private readonly core: Core,
    private readonly live: LiveCalls,
  ) {}

  takeTrunkCall(coming: ComingCall): Promise<TakenCall | number | undefined> {
    return takeTrunkCall(this.core, this.live, coming);
  }

  /** Phones of ours can call nobody yet. */
  takePhoneCall(): Promise<TakenCall | number> {
    return Promise.resolve(NO_ROUTE);
  }
}
