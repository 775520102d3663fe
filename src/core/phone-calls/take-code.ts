import { belongingsOf } from '#core/call-flow/index.js';
import type { TakenCall } from '#core/calls/index.js';
import { planDial, type DialledFeature } from '#core/dial-plan/index.js';
import type { FlowRun } from '#core/phone-calls/flow-run.js';
import { SettingLeader, TaskLeader } from '#core/phone-calls/code-leader.js';
import { takeEmergencyCall } from '#core/phone-calls/emergency-call.js';
import { obeyCode } from '#core/phone-calls/obey-code.js';
import { handOver, takeInside, takeLed, takeOutside, type FromPhone } from '#core/phone-calls/take-phone-call.js';
import { ParkingLeader } from '#core/phone-calls/parking-leader.js';
import { phoneWords } from '#core/phone-calls/phone-words.js';
import { phonesOf } from '#core/phone-calls/phones-of.js';
import { NOT_FOUND } from '#core/phone-calls/refusal-code.js';
import { mailboxOfExtension, openMailbox, type OpenMailbox } from '#core/voicemail/index.js';

/** What the codes of docs/phones.md do. */
export async function takeCode(call: FromPhone, dialled: DialledFeature): Promise<TakenCall | number> {
  const { core, moves, phone, configuration } = call;
  const owner = { accountId: phone.accountId };
  switch (dialled.feature) {
    case 'directory':
      return takeInside(call, { destination: { type: 'directory' } });
    case 'pickup_any':
      return handOver(call, NOT_FOUND, (taker) => moves.pickUp(taker, owner, undefined));
    case 'pickup_one': {
      const phones = phonesOf(configuration, dialled.argument);
      return handOver(call, NOT_FOUND, (taker) => moves.pickUp(taker, owner, phones));
    }
    case 'fetch_parked':
      return handOver(call, NOT_FOUND, (taker) => moves.fetch(taker, owner, Number(dialled.argument)));
    case 'own_mailbox':
      return takeMailbox(call, { mailbox: ownMailbox(call) });
    case 'record_greeting':
      return takeMailbox(call, { mailbox: ownMailbox(call), recordsGreeting: true });
    case 'any_mailbox': {
      const { argument } = dialled;
      return takeMailbox(call, { mailbox: argument === '' ? 'ask' : mailboxOfExtension(configuration, argument) });
    }
    case 'park':
      return takeParkingPlace(call);
    case 'hide_caller_id_once':
    case 'show_caller_id_once': {
      const to = planDial(dialled.argument, configuration, phone.shown);
      const isHidden = dialled.feature === 'hide_caller_id_once';
      if (to.kind === 'inside') return takeInside(call, { destination: to.destination }, { isHidden });
      if (to.kind === 'own_number') return takeInside(call, { numberId: to.numberId }, { isHidden });
      if (to.kind === 'emergency') return takeEmergencyCall(call, to.number);
      if (to.kind !== 'outside') return NOT_FOUND;
      return takeOutside(call, to.number, isHidden);
    }
    default: {
      // Once its call is there, so that a code whose call is refused sets nothing.
      const set = { phone, configuration, feature: dialled.feature, argument: dialled.argument };
      return takeLed(call, new SettingLeader(() => obeyCode(core, set)));
    }
  }
}

/** That of whose phone it is, else the one of its extension. */
function ownMailbox({ phone, configuration }: FromPhone): number | undefined {
  const own = phone.userId === undefined ? undefined : belongingsOf(configuration, phone.userId).mailboxId;
  return own ?? mailboxOfExtension(configuration, phone.number);
}

function takeMailbox(call: FromPhone, opens: Pick<OpenMailbox, 'mailbox'> & Partial<OpenMailbox>): TakenCall {
  const { core, phone } = call;
  const owner = { accountId: phone.accountId, mode: 'live' } as const;
  const author = phone.userId ?? `phone ${phone.name}`;
  const leader = new TaskLeader((leg) => openMailbox(core, { owner, leg, author, recordsGreeting: false, ...opens }));
  return takeLed(call, leader);
}

/** Tells which place is free, and keeps it for the call that is transferred there. */
function takeParkingPlace(call: FromPhone): TakenCall {
  let run: FlowRun | undefined;
  const words = phoneWords(call.configuration.settings.language);
  const leader = new ParkingLeader(words, () => (run === undefined ? undefined : call.moves.parking.reserve(run)));
  const taken = takeLed(call, leader);
  return { ...taken, begin: (row) => (run = taken.begin(row)) };
}
