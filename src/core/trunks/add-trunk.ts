import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import { configureEngine } from '#core/engine-configuration.js';
import { findTrunk, type Trunk } from '#core/trunks/trunk-store.js';
import { formatTrunkUri, isLoopbackHost, parseTrunkUri } from '#core/trunks/trunk-uri.js';

export interface AddTrunk {
  /** Whose it is; undefined: the installation's, for every account. */
  accountId?: string;
  /** Unique in the installation: 1 to 64 letters, digits, ".", "_" or "-". */
  name: string;
  /** `sip:host[:port][;transport=udp|tcp]` of the carrier's proxy. */
  uri: string;
  username?: string;
  password?: string;
  /** Calls at once; 10 until the carrier is known to take more (rule 15). */
  channels?: number;
  /** New calls a second, evenly spaced; 1 by default. */
  callsPerSecond?: number;
  /** The address that the phone engine's sockets are bound to. */
  sipHost: string;
  /** Who does it, for the audit log. */
  actor: string;
}

const NAME_SHAPE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const CREDENTIAL_MAX_LENGTH = 128;
const CHANNELS_MAX = 10_000;
const CALLS_PER_SECOND_MAX = 1_000;

/** Adds a way out to the telephone network and tells the engine. Nothing is sent to it yet; `testTrunk` does that. */
export async function addTrunk(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'log' | 'engines'>,
  input: AddTrunk,
): Promise<Trunk> {
  if (!NAME_SHAPE.test(input.name)) {
    throw badInput('name', 'A trunk’s name is 1 to 64 letters, digits, ".", "_" or "-".');
  }
  const address = parseTrunkUri(input.uri);
  checkCredential('username', input.username);
  checkCredential('password', input.password);
  if (input.password !== undefined && input.username === undefined) {
    throw badInput('username', 'A password needs a user name.');
  }
  if (input.channels !== undefined && !(Number.isInteger(input.channels) && inRange(input.channels, CHANNELS_MAX))) {
    throw badInput('channels', `The channels of a trunk are a whole number from 1 to ${CHANNELS_MAX}.`);
  }
  if (input.callsPerSecond !== undefined && !inRange(input.callsPerSecond, CALLS_PER_SECOND_MAX)) {
    throw badInput('calls_per_second', `The calls a second are more than 0, at most ${CALLS_PER_SECOND_MAX}.`);
  }
  if (isLoopbackHost(input.sipHost) && !isLoopbackHost(address.host)) {
    throw new CoreError(
      'trunk.unreachable_from_here',
      `SIP listens on ${input.sipHost} only, from where ${address.host} cannot be reached: set SIDETONE_SIP_HOST to 0.0.0.0 or to this machine's address and start again.`,
      { field: 'uri' },
    );
  }

  const at = new Date(core.clock.now());
  const id = newId('trk', at.getTime());
  const uri = formatTrunkUri(address);
  await inTransaction(core.db, async (tx) => {
    const added = await tx
      .insertInto('trunks')
      .values({
        id,
        account_id: input.accountId ?? null,
        name: input.name,
        uri,
        username: input.username ?? null,
        password_encrypted: input.password === undefined ? null : core.secrets.seal(input.password),
        ...(input.channels === undefined ? {} : { channels: input.channels }),
        ...(input.callsPerSecond === undefined ? {} : { calls_per_second: input.callsPerSecond }),
        created_at: at,
      })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .executeTakeFirst();
    if (added.numInsertedOrUpdatedRows === 0n) {
      throw new CoreError('trunk.name_taken', `There is a trunk "${input.name}" already.`, { field: 'name' });
    }
    await recordAudit(tx, {
      ...(input.accountId === undefined ? {} : { accountId: input.accountId }),
      actor: input.actor,
      action: 'trunk.add',
      subject: id,
      details: { name: input.name, uri },
      at,
    });
  });
  await configureEngine(core);
  return findTrunk(core.db, { name: input.name });
}

function inRange(value: number, max: number): boolean {
  return value > 0 && value <= max;
}

function checkCredential(field: 'username' | 'password', value: string | undefined): void {
  if (value === undefined) return;
  if (
    !/^[\x20-\x7e]+$/.test(value) ||
    value.length > CREDENTIAL_MAX_LENGTH ||
    (field === 'username' && /["\\]/.test(value))
  ) {
    throw badInput(field, `A ${field} is 1 to ${CREDENTIAL_MAX_LENGTH} printable ASCII characters.`);
  }
}

function badInput(field: string, message: string): CoreError {
  return new CoreError('trunk.bad_input', message, { field });
}
