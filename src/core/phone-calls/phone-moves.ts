import type { FlowConfiguration } from '#core/call-flow/index.js';
import { shownNumber } from '#core/phone-calls/calling-phone.js';
import type { FlowRun } from '#core/phone-calls/flow-run.js';
import { partnerOf } from '#core/phone-calls/joined.js';
import type { LiveCalls, LiveLeg } from '#core/phone-calls/live-calls.js';
import { Parking } from '#core/phone-calls/parking.js';
import type { Party } from '#core/phone-calls/party.js';
import { Ringing } from '#core/phone-calls/ringing.js';
import { Transfer, type TransferRequest } from '#core/phone-calls/transfer.js';

/** What phones of ours do to calls that are under way: pass on, pick up, park, fetch. */
export class PhoneMoves {
  readonly parking = new Parking();

  constructor(readonly live: LiveCalls) {}

  transfer(run: FlowRun, request: TransferRequest): void {
    const party = run.partyOf(request.leg);
    if (party !== undefined) new Transfer(this, { run, party }, request).start();
  }

  /**
   * Takes a call that rings at somebody else: at one of these phones, or at any. False: none does.
   */
  pickUp(taker: Party, owner: { accountId: string }, phones: readonly string[] | undefined): boolean {
    const rings = ({ phone, isCaller, isAnswered, isEnded }: Party): boolean =>
      phone !== undefined && !isCaller && !isAnswered && !isEnded && (phones === undefined || phones.includes(phone));
    const run = this.live
      .of({ ...owner, mode: 'live' })
      .find(({ activity, parties }) => activity instanceof Ringing && parties.some(rings));
    return run !== undefined && this.#takeRinging(run, taker);
  }

  /** Takes the place of that leg: a call that rings there is picked up, one that is spoken is taken over (RFC 3891). */
  replace(taker: Party, owner: { accountId: string }, leg: string): boolean {
    const replaced = this.live.legOf(leg);
    if (replaced === undefined || replaced.run.row.account_id !== owner.accountId) return false;
    if (replaced.run.activity instanceof Ringing && !replaced.party.isCaller) {
      return this.#takeRinging(replaced.run, taker);
    }
    const partner = partnerOf(replaced);
    if (partner === undefined) return false;
    this.#enter(partner, taker, `${taker.name} takes the call over from ${replaced.party.name}`);
    replaced.party.hangUp();
    return true;
  }

  fetch(taker: Party, owner: { accountId: string }, place: number): boolean {
    const parked = this.parking.fetch(owner, place);
    if (parked === undefined) return false;
    const { activity } = parked.run;
    if (activity instanceof Ringing) activity.stopElsewhere();
    this.#enter(parked, taker, `${taker.name} fetches the call from ${place}`, 'call_park');
    return true;
  }

  /** What telephones outside see of a phone: see `readCallingPhone`. */
  shownBy(configuration: FlowConfiguration, { phone }: Party): string | undefined {
    const { callerId = null } = phone === undefined ? {} : (configuration.phones.get(phone) ?? {});
    return shownNumber(configuration, { callerId });
  }

  /** Whose it is now. */
  runOf(party: Party): FlowRun | undefined {
    return this.live.legOf(party.leg)?.run;
  }

  #takeRinging(run: FlowRun, taker: Party): boolean {
    if (!(run.activity instanceof Ringing)) return false;
    run.activity.stopElsewhere();
    this.#enter({ run, party: run.caller }, taker, `${taker.name} picks the call up`);
    return true;
  }

  #enter(
    { run, party }: LiveLeg,
    taker: Party,
    description: string,
    type: 'call_pickup' | 'call_park' = 'call_pickup',
  ) {
    run.story.tell(type, description);
    run.story.taken(taker.phone ?? taker.number, { userId: taker.userId });
    run.adopt(taker);
    taker.answer();
    run.stay(party);
    run.talkWith(taker);
  }
}
