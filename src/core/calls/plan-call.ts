import type { CallPrompts } from '#core/calls/call-prompts.js';
import { CallRun } from '#core/calls/call-run.js';
import type { ConnectScript } from '#core/calls/call-script.js';
import { writeDialing } from '#core/calls/call-writer.js';
import type { CallRow } from '#core/calls/call.js';
import type { CallPlan } from '#core/calls/conducted-call.js';
import { ConnectRun, type ConnectLegs } from '#core/calls/connect-run.js';
import { writePhonesRing } from '#core/calls/connect-writer.js';
import type { Core } from '#core/core.js';
import { newId } from '#core/ids.js';
import type { DialTarget } from '#voice/engine.js';

/** What dialling a call will take, by what it is for. Nothing is written and nothing leaves yet. */
export async function planCall(core: Core, row: CallRow, target: DialTarget, prompts: CallPrompts): Promise<CallPlan> {
  const leg = newId('leg', core.clock.now());
  const description = describe(target, row);
  if (row.script.kind !== 'connect') {
    return {
      legs: [leg],
      write: (tx, at) => writeDialing(tx, core.secrets, row, { leg, target: description }, at),
      begin: (dialing) => new CallRun(core, dialing, leg, target, prompts),
    };
  }
  const legs: ConnectLegs = {
    phones: await phoneLegs(core, row, row.script),
    outside: { leg, to: target, description },
  };
  return {
    legs: [leg, ...legs.phones.map((phone) => phone.leg)],
    write: (tx, at) => writePhonesRing(tx, core.secrets, row, at),
    begin: (dialing) => new ConnectRun(core, dialing, legs, prompts),
  };
}

/** Each phone once. One that was removed meanwhile is dialled too, so that the engine says that it is not there. */
async function phoneLegs(core: Core, row: CallRow, script: ConnectScript): Promise<ConnectLegs['phones']> {
  const names = [...new Set(script.phones.map(({ phone }) => phone))];
  const known = await core.db
    .selectFrom('phones')
    .select(['id', 'name'])
    .where('account_id', '=', row.account_id)
    .where('name', 'in', names)
    .execute();
  const idOf = new Map(known.map(({ id, name }) => [name, id]));
  return names.map((name) => ({
    leg: newId('leg', core.clock.now()),
    name,
    to:
      row.mode === 'test'
        ? { kind: 'trunk', trunk: 'simulated', number: name }
        : { kind: 'phone', phone: idOf.get(name) ?? name, number: name },
  }));
}

/** For the attempt's row: which way, and where a redirect sent it. */
function describe(target: DialTarget, { dialed_number: redirected }: CallRow): string {
  return `${describeWay(target)}${redirected === null ? '' : ` to ${redirected}`}`;
}

function describeWay(target: DialTarget): string {
  switch (target.kind) {
    case 'trunk':
      return `trunk ${target.trunk}`;
    case 'phone':
      return `phone ${target.phone}`;
    case 'uri':
      return target.uri;
  }
}
