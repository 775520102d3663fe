import type { Transaction } from 'kysely';
import { FlowMachine, type FlowCall, type FlowConfiguration } from '#core/call-flow/index.js';
import { BUSY, NO_ROUTE, type CallRow, type ComingCall, type TakenCall } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import { planDial, type Dialled } from '#core/dial-plan/index.js';
import { readCallingPhone, type CallingPhone } from '#core/phone-calls/calling-phone.js';
import { takeEmergencyCall } from '#core/phone-calls/emergency-call.js';
import type { FlowLeader } from '#core/phone-calls/flow-parts.js';
import { FlowRun } from '#core/phone-calls/flow-run.js';
import { HandedOver } from '#core/phone-calls/handed-over.js';
import { NumberLeader } from '#core/phone-calls/number-leader.js';
import { Outbound } from '#core/phone-calls/outbound.js';
import { Party } from '#core/phone-calls/party.js';
import type { PhoneMoves } from '#core/phone-calls/phone-moves.js';
import { NO_SUCH_CALL, NOT_FOUND } from '#core/phone-calls/refusal-code.js';
import { takeCode } from '#core/phone-calls/take-code.js';
import { writePhoneCall, type NewPhoneCall } from '#core/phone-calls/write-phone-call.js';
import { readRouting, readTurns } from '#core/routing/index.js';
import type { Tables } from '#core/tables.js';

/** A call of a phone of ours, as far as it is known before anything is written. */
export interface FromPhone {
  core: Core;
  moves: PhoneMoves;
  coming: ComingCall;
  phone: CallingPhone;
  configuration: FlowConfiguration;
}

/** The account has no number to call from. */
const FORBIDDEN = 403;

/** What somebody at a phone of ours dialled: help, somebody inside or outside, or a code. A number: the SIP status it gets. */
export async function takePhoneCall(moves: PhoneMoves, coming: ComingCall): Promise<TakenCall | number> {
  const { core } = coming;
  const { origin, to, replaces, maxForwards } = coming.incoming;
  if (origin.kind !== 'phone') return NO_ROUTE;
  const found = await readCallingPhone(core, origin.phone, (accountId) =>
    readRouting(core, { accountId, mode: 'live' }),
  );
  if (found === undefined) return NO_ROUTE;
  const call: FromPhone = { core, moves, coming, ...found };
  const owner = { accountId: call.phone.accountId };
  if (replaces !== undefined) {
    return handOver(call, NO_SUCH_CALL, (taker) => moves.replace(taker, owner, replaces));
  }
  const dialled = planDial(to, call.configuration, call.phone.shown);
  if (dialled.kind === 'emergency') return takeEmergencyCall(call, dialled.number);
  // A call that goes round has come from us already.
  if (maxForwards === 0) return NO_ROUTE;
  return take(call, dialled);
}

async function take(call: FromPhone, dialled: Exclude<Dialled, { kind: 'emergency' }>): Promise<TakenCall | number> {
  switch (dialled.kind) {
    case 'inside':
      return takeInside(call, { destination: dialled.destination });
    case 'own_number':
      return takeInside(call, { numberId: dialled.numberId });
    case 'outside':
      return takeOutside(call, dialled.number, call.phone.settings.hideCallerId);
    case 'feature':
      return takeCode(call, dialled);
    case 'unknown':
      return NOT_FOUND;
  }
}

/** Led as any other call, by what the account has set. */
export async function takeInside(
  call: FromPhone,
  begin: FlowCall['begin'],
  hidden: { isHidden?: boolean } = {},
): Promise<TakenCall> {
  const { core, phone, configuration } = call;
  const owner = { accountId: phone.accountId, mode: 'live' } as const;
  const flow = { begin, caller: phone.number, callerName: phone.displayName, from: 'inside' } as const;
  const leader = new FlowMachine(configuration, flow, await readTurns(core, owner, configuration));
  return takeLed(call, leader, hidden);
}

/** `isHidden`: the number that is shown is not to be seen by whoever is called. */
export async function takeOutside(call: FromPhone, number: string, isHidden: boolean): Promise<TakenCall | number> {
  const { phone, configuration, core } = call;
  const { shown } = phone;
  if (shown === undefined) return FORBIDDEN;
  const description = `${phone.displayName} (${phone.number}) calls ${number}`;
  const owner = { accountId: phone.accountId, mode: 'live' } as const;
  // Asked once somebody passes the call on.
  const turns = await readTurns(core, owner, configuration);
  const flow = (): FlowLeader =>
    new FlowMachine(
      configuration,
      { begin: { destination: { type: 'hangup' } }, caller: number, callerName: undefined, from: 'outside' },
      turns,
    );
  const leader = new NumberLeader({ number, shown, type: 'outbound', description }, flow);
  return takeLed(call, leader, { purpose: 'person', to: number, from: shown, isHidden });
}

/** The phone's leg joins another call. */
export function handOver(call: FromPhone, sipCode: number, join: (taker: Party) => boolean): TakenCall {
  const { core, coming } = call;
  return {
    write: (tx, at) => write(tx, call, {}, at),
    // Nobody is handed to a phone that has hung up: its leg will never say again that it has ended.
    begin: (row, hasLeft) =>
      new HandedOver(core, row, coming.incoming.leg, () => !hasLeft && join(partyOf(call)), sipCode),
  };
}

interface Led {
  purpose?: NewPhoneCall['purpose'];
  to?: string;
  from?: string;
  isHidden?: boolean;
}

export function takeLed(
  call: FromPhone,
  leader: FlowLeader,
  led: Led = {},
): Omit<TakenCall, 'begin'> & { begin(row: CallRow): FlowRun } {
  const { core, moves, coming, phone, configuration } = call;
  const isOutside = led.purpose === 'person';
  return {
    write: (tx, at) => write(tx, call, led, at),
    begin(row) {
      // Also of a call inside: the extension may be led outside.
      const isHidden = led.isHidden ?? phone.settings.hideCallerId;
      const shown = isOutside
        ? { number: undefined, name: undefined, called: undefined, isHidden }
        : { number: phone.number, name: phone.displayName, called: phone.shown, isHidden };
      const { record } = configuration.settings;
      return new FlowRun({
        ...{ core, row, leader, configuration, shown, legs: coming.legs, live: moves.live },
        caller: partyOf(call),
        maxForwards: coming.incoming.maxForwards,
        records: isOutside && (record === 'outgoing' || record === 'all'),
        ...(isOutside ? { outbound: new Outbound(core, moves.live.lines, row) } : {}),
        onTransfer: (run, event) => moves.transfer(run, event),
      });
    },
  };
}

async function write(tx: Transaction<Tables>, call: FromPhone, led: Led, at: Date): Promise<CallRow | number> {
  const row = await writePhoneCall(tx, rowOf(call, led), at);
  return row === 'full' ? BUSY : row;
}

export function partyOf({ core, coming, phone }: FromPhone): Party {
  const { name, userId, number, displayName } = phone;
  const details = { leg: coming.incoming.leg, phone: name, userId, number, name: `${displayName} (${number})` };
  return new Party(core.engines.live, { ...details, isCaller: true });
}

export function rowOf({ core, coming, phone, configuration }: FromPhone, led: Led): NewPhoneCall {
  return {
    id: coming.id,
    phone,
    purpose: led.purpose ?? 'internal_leg',
    to: led.to ?? coming.incoming.to.slice(0, 64),
    from: led.from ?? phone.number,
    leg: coming.incoming.leg,
    target: `from phone ${phone.name}`,
    trunkId: null,
    longestSeconds: configuration.settings.longestCallSeconds,
    node: core.node,
  };
}
