import { isBlocked } from '#core/blocked-numbers/index.js';
import {
  beginOfNumber,
  FlowMachine,
  type FlowConfiguration,
  type FlowStep,
  type HangupReason,
} from '#core/call-flow/index.js';
import {
  BUSY,
  callerNumber,
  shownCaller,
  vouchedFor,
  writeIncoming,
  type ComingCall,
  type TakenCall,
} from '#core/calls/index.js';
import { NO_DIALECT } from '#core/events.js';
import { findCalledNumber } from '#core/phone-calls/called-number.js';
import type { FlowLeader } from '#core/phone-calls/flow-parts.js';
import { FlowRun } from '#core/phone-calls/flow-run.js';
import { nameOfCaller } from '#core/phone-calls/name-of-caller.js';
import { Party } from '#core/phone-calls/party.js';
import type { PhoneMoves } from '#core/phone-calls/phone-moves.js';
import { hasFeature } from '#core/plans/index.js';
import { readRouting, readTurns } from '#core/routing/index.js';

/**
 * A call from a trunk to a number that leads to people: where the account leads it, else to the phone that has the number.
 * Undefined: neither. A caller who is turned away leaves a row, so that the account sees it.
 */
export async function takeTrunkCall(moves: PhoneMoves, coming: ComingCall): Promise<TakenCall | undefined> {
  const { id, core, mode, incoming, legs } = coming;
  const { origin, leg, displayName, maxForwards } = incoming;
  if (origin.kind !== 'trunk') return undefined;
  const caller = callerNumber(incoming);
  const call = { mode, trunk: origin.trunk, called: incoming.to, caller };
  const number = await findCalledNumber(core, { ...call, callsBack: incoming.callsBack });
  if (number === undefined) return undefined;
  const owner = { accountId: number.accountId, mode };
  const configuration = await readRouting(core, owner);
  const isTurnedAway = caller !== undefined && (await isBlocked(core, owner, caller));
  const begin = beginOfNumber(configuration, number);
  const hasVoice = await hasFeature(core, owner.accountId, 'voice');
  if (begin === undefined && !isTurnedAway) return undefined;
  const isHidden = incoming.caller?.private === true;
  const callerName = await nameOfCaller(core, owner, {
    number: caller,
    displayName: isHidden ? undefined : displayName,
  });
  const leader =
    begin === undefined || isTurnedAway
      ? turnAway('blocked', `${number.number}: the caller is blocked`)
      : !hasVoice
        ? turnAway('not_in_plan', `${number.number}: the plan of the account has no calls`)
        : new FlowMachine(
            configuration,
            { begin, caller, callerName, from: 'outside' },
            await readTurns(core, owner, configuration),
          );
  const from = shownCaller(incoming);
  const vouched = vouchedFor(incoming);
  return {
    async write(tx, at) {
      const { longestCallSeconds: longestSeconds } = configuration.settings;
      const people = { longestSeconds, callerName };
      const destination = {
        ...{ accountId: owner.accountId, script: { kind: 'flow' as const }, people },
        ...{ webhookUrl: null, dialect: NO_DIALECT, metadata: null },
      };
      const row = await writeIncoming(tx, { id, leg, call, destination, from, vouched, node: core.node }, at);
      return row === 'full' ? BUSY : row;
    },
    begin(row) {
      const details = { leg, phone: undefined, userId: undefined, number: from, name: callerName ?? from };
      const party = new Party(core.engines[mode], { ...details, isCaller: true });
      const shown = { number: caller, name: callerName, called: number.number, verification: vouched.verification };
      return new FlowRun({
        ...{ core, row, caller: party, shown, maxForwards, leader, configuration, legs, live: moves.live },
        onTransfer: (run, event) => moves.transfer(run, event),
        records: isRecorded(configuration, number.id),
      });
    },
  };
}

function isRecorded({ objects, settings }: FlowConfiguration, numberId: number): boolean {
  const ofAll = settings.record === 'incoming' || settings.record === 'all';
  return objects.number.get(numberId)?.record ?? ofAll;
}

/** Nobody is rung, and the history tells why. */
function turnAway(reason: Extract<HangupReason, 'blocked' | 'not_in_plan'>, description: string): FlowLeader {
  const events: FlowLeader['events'][number][] = [];
  const step: FlowStep = { kind: 'hangup', reason };
  return {
    events,
    begin: (at) => {
      events.push({ at, type: 'blocked', id: null, description });
      return step;
    },
    next: () => step,
    jump: () => step,
  };
}
