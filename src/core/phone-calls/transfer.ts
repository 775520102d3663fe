import { FlowMachine, type Destination } from '#core/call-flow/index.js';
import { planDial } from '#core/dial-plan/index.js';
import { Joined, partnerOf } from '#core/phone-calls/joined.js';
import type { LiveLeg } from '#core/phone-calls/live-calls.js';
import { NumberLeader } from '#core/phone-calls/number-leader.js';
import type { PhoneMoves } from '#core/phone-calls/phone-moves.js';
import { NO_SUCH_CALL, NOT_FOUND, refusalFor } from '#core/phone-calls/refusal-code.js';
import { readTurns } from '#core/routing/index.js';
import type { EngineEvent } from '#voice/engine.js';

export type TransferRequest = Extract<EngineEvent, { kind: 'transfer.request' }>;

const DECLINED = 603;
const BUSY = 486;
const NO_WAY = 503;
const DONE = 200;
/** A phone that was told hangs up by itself; one that does not is hung up. */
const GRACE_MS = 3000;

/** A phone of ours passes on whom it speaks with (RFC 3515): the call goes on without it, or comes back to it. */
export class Transfer {
  constructor(
    private readonly moves: PhoneMoves,
    private readonly from: LiveLeg,
    private readonly request: TransferRequest,
  ) {}

  start(): void {
    const { party } = this.from;
    const partner = partnerOf(this.from);
    // Rule 12: only phones of ours, and only for somebody they speak with.
    if (party.phone === undefined || partner === undefined) return this.#tell(DECLINED);
    const { replaces, to } = this.request;
    if (replaces !== undefined) return this.#connect(partner, replaces);
    this.#passOn(partner, to);
  }

  /** Attended: with whoever the phone speaks with in another call of its own (RFC 3891). */
  #connect(partner: LiveLeg, replaces: string): void {
    const second = this.moves.live.legOf(replaces);
    const { run, party } = this.from;
    // Another phone's calls are not this one's to connect, and another account's do not exist for it.
    const isOwn = second?.party.phone === party.phone && second?.run.row.account_id === run.row.account_id;
    if (second === undefined || !isOwn) return this.#tell(NO_SUCH_CALL);
    const place = this.moves.parking.reservedBy(second.run);
    if (place !== undefined) {
      this.moves.parking.park(partner, this.from.party, place);
      return this.#done(second);
    }
    const other = partnerOf(second);
    if (other === undefined || other.run === partner.run) return this.#tell(NO_SUCH_CALL);
    this.#story(partner, `${this.from.party.name} connects ${partner.party.name} with ${other.party.name}`);
    this.#story(other, `${this.from.party.name} connects ${other.party.name} with ${partner.party.name}`);
    Joined.between(partner, other);
    this.#done(second);
  }

  /** Blind: to what the phone could have dialled, but for help. */
  #passOn(partner: LiveLeg, to: string): void {
    const { configuration } = partner.run.parts;
    const { party } = this.from;
    const shown = this.moves.shownBy(configuration, party);
    const dialled = planDial(to, configuration, shown);
    switch (dialled.kind) {
      case 'inside':
        return this.#lead(partner, dialled.destination, to);
      case 'own_number':
        return this.#leadToNumber(partner, dialled.numberId, to);
      case 'outside':
        return this.#leadOutside(partner, dialled.number, shown);
      case 'feature':
        return dialled.feature === 'park' ? this.#park(partner) : this.#tell(DECLINED);
      case 'emergency':
        return this.#tell(DECLINED);
      case 'unknown':
        return this.#tell(NOT_FOUND);
    }
  }

  /** Where no place is free, both speak on. */
  #park(partner: LiveLeg): void {
    const { parking } = this.moves;
    const { party } = this.from;
    const place = parking.park(partner, party);
    if (place === undefined) return this.#tell(BUSY);
    parking.sayPlace(partner.run, party, place, () => this.#done());
  }

  #lead(partner: LiveLeg, destination: Destination, to: string): void {
    this.#begin(partner, to);
    partner.run.lead(destination, this.#watch(partner));
  }

  #leadToNumber(partner: LiveLeg, numberId: number, to: string): void {
    const { core, configuration, row } = partner.run.parts;
    this.#begin(partner, to);
    const owner = { accountId: row.account_id, mode: row.mode };
    const { number: caller, name: callerName } = partner.run.shown;
    const call = { begin: { numberId }, caller, callerName, from: 'inside' as const };
    core.background.run('pass a call on', async () => {
      try {
        const turns = await readTurns(core, owner, configuration);
        if (partner.party.isEnded) return this.#comeBack(partner, refusalFor('canceled'));
        partner.run.follow(new FlowMachine(configuration, call, turns), this.#watch(partner));
      } catch (error) {
        this.#comeBack(partner, NO_WAY);
        throw error;
      }
    });
  }

  #leadOutside(partner: LiveLeg, number: string, shown: string | undefined): void {
    this.#begin(partner, number);
    // Whoever called us keeps their number where the trunk allows (rule 14); whoever we called is not ours to show.
    const ours = partner.party.isCaller ? null : (shown ?? null);
    const rung = {
      number,
      shown: ours,
      type: 'call_transfer' as const,
      description: `The call goes to ${number}`,
    };
    const { leader } = partner.run;
    partner.run.follow(new NumberLeader(rung, () => leader), this.#watch(partner));
  }

  #begin(partner: LiveLeg, to: string): void {
    this.#story(partner, `${this.from.party.name} passes the call on to ${to}`);
    partner.run.stay(partner.party);
    partner.run.take(undefined);
    partner.party.resume();
    for (const party of [partner.party, this.from.party]) party.send({ kind: 'leave' });
  }

  #watch(partner: LiveLeg) {
    return {
      reached: () => this.#done(),
      failed: (cause: Parameters<typeof refusalFor>[0]) => this.#comeBack(partner, refusalFor(cause)),
    };
  }

  /** Nobody took it: it is the phone's again that passed it on, which rings if it has left already. */
  #comeBack(partner: LiveLeg, sipCode: number): void {
    const { party, run } = this.from;
    this.#tell(sipCode);
    if (partner.party.isEnded) return this.#hangUp(this.from);
    this.#story(partner, `Nobody took the call: it goes back to ${party.name}`);
    if (party.isEnded || party.isLeaving) return partner.run.lead({ type: 'phone', id: party.phone ?? '' });
    if (run === partner.run) return run.talkWith(party);
    Joined.between(partner, this.from);
  }

  #done(second?: LiveLeg): void {
    this.#tell(DONE);
    const { core } = this.from.run.parts;
    core.clock.after(GRACE_MS, () => {
      for (const leg of [this.from, ...(second === undefined ? [] : [second])]) this.#hangUp(leg);
    });
  }

  /** Unless it speaks with somebody by now. */
  #hangUp({ party }: LiveLeg): void {
    if (party.isEnded || partnerOf({ run: this.moves.runOf(party) ?? this.from.run, party }) !== undefined) return;
    party.hangUp();
  }

  #story({ run }: LiveLeg, description: string): void {
    run.story.tell('call_transfer', description);
  }

  #tell(sipCode: number): void {
    const { leg, transfer } = this.request;
    this.from.run.parts.core.engines[this.from.run.row.mode].send({ kind: 'transferProgress', leg, transfer, sipCode });
  }
}
