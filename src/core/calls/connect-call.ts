import { checkFunds } from '#core/calls/call-funds.js';
import type { ConnectScript } from '#core/calls/call-script.js';
import { toCall, type Call } from '#core/calls/call.js';
import { readTrunks, toWay } from '#core/calls/dial-capacity.js';
import { CALL_LIMITS, checkDestination, checkSender } from '#core/calls/place-call.js';
import { waysFor } from '#core/calls/trunk-choice.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { ownNumbers } from '#core/numbers/index.js';
import { findRingablePhones, type RingablePhones } from '#core/people/index.js';
import { DIAL_PRIORITY } from '#core/purpose.js';
import type { Mode } from '#core/tables.js';

export interface ConnectCall {
  accountId: string;
  mode: Mode;
  /** Who is called for them, E.164. */
  phone: string;
  /** The number that is shown outside; default: the oldest of the account. */
  from?: string | undefined;
  /** Who of ours is to speak, by id, e-mail address or name; either this or `group`. */
  user?: string | undefined;
  /** By id or name. */
  group?: string | undefined;
  /** In which door's words the call's events are delivered. */
  dialect: string;
}

const PURPOSE = 'person';

/**
 * Accepts a call that connects somebody of ours with a phone: rings their phones, then calls the number for the first
 * that is picked up. It is never recorded. Refuses with `call.*`, `user.*`, `group.*` and `wallet.*`, naming the field.
 */
export async function connectCall(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'wake' | 'killPoint' | 'disk'>,
  input: ConnectCall,
): Promise<Call> {
  core.disk.requireRoom();
  const { accountId, mode, phone, dialect } = input;
  const from = input.from ?? (await oldestNumber(core, input));
  await checkSender(core, { accountId, mode, from });
  await checkDestination(core, { accountId, mode, number: phone, purpose: PURPOSE, field: 'phone' });
  const called = await callees(core, input);
  await checkWayOut(core, input);
  await checkFunds(core.db, { accountId, mode, to: phone });
  const now = new Date(core.clock.now());
  const script: ConnectScript = { kind: 'connect', ...called };
  const row = await core.db
    .insertInto('calls')
    .values({
      id: newId('cal', now.getTime()),
      account_id: accountId,
      mode,
      purpose: PURPOSE,
      priority: DIAL_PRIORITY[PURPOSE],
      status: 'queued',
      to_number: phone,
      from_number: from,
      script: JSON.stringify(script),
      dialect,
      ring_timeout_seconds: CALL_LIMITS.ringTimeoutSeconds.default,
      max_duration_seconds: CALL_LIMITS.maxDurationSeconds.default,
      record: false,
      created_at: now,
      due_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  core.killPoint('call.accepted');
  core.wake.calls();
  return toCall(row);
}

function callees(core: Pick<Core, 'db'>, { accountId, mode, user, group }: ConnectCall): Promise<RingablePhones> {
  if (user !== undefined && group === undefined) return findRingablePhones(core, { accountId, mode, user });
  if (group !== undefined && user === undefined) return findRingablePhones(core, { accountId, mode, group });
  throw new CoreError('call.bad_input', 'Give either a user or a group to connect, and not both.', { field: 'user' });
}

async function oldestNumber(core: Pick<Core, 'db'>, { accountId, mode }: ConnectCall): Promise<string> {
  const [oldest] = await ownNumbers(core.db, { accountId, mode });
  if (oldest !== undefined) return oldest;
  throw new CoreError(
    'call.no_sender',
    `The account has no ${mode} number to call from. Add one with: sidetone numbers add NUMBER --mode ${mode}`,
  );
}

/** Only what is certain: a trunk that is in trouble now may be well when its turn comes. */
async function checkWayOut(core: Pick<Core, 'db'>, { accountId, mode, phone: number }: ConnectCall): Promise<void> {
  if (mode === 'test') return;
  const inside = await core.db
    .selectFrom('numbers')
    .select('number')
    .where('number', '=', number)
    .where('mode', '=', 'live')
    .executeTakeFirst();
  if (inside !== undefined) return;
  const ways = (await readTrunks(core.db)).map((trunk) => ({ ...toWay(trunk), free: 0 }));
  if (waysFor(ways, { accountId, number, tried: [] }).length > 0) return;
  throw new CoreError('call.no_carrier', `No trunk leads to ${number}. Add one with: sidetone trunks add`, {
    field: 'phone',
  });
}
