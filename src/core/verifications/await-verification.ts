import { CALL_REASONS, isTerminal, type CallReason } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { MESSAGE_REASONS, type MessageReason } from '#core/messages/index.js';
import type { CallStatus } from '#core/tables.js';

/** Rule 16. */
const LONGEST_WAIT_MS = 5000;
/** How often a call is looked at that another process may conduct. */
const LOOK_EVERY_MS = 500;

/**
 * Waits for the first answer to a verification's call: a sign from the far end, or its end; of a text, for what its
 * carrier says. One that gives none in
 * five seconds from its request on is taken to be on its way, also when it is asked about later. Ends early when the
 * server closes.
 * @throws CoreError `verification.not_placed`: no trunk took the call, or the network refused it
 */
export async function awaitVerification(
  core: Pick<Core, 'db' | 'clock' | 'firstAnswers'>,
  id: string,
  closing: AbortSignal,
): Promise<void> {
  const verification = await core.db
    .selectFrom('verifications')
    .select('created_at')
    .where('id', '=', id)
    .executeTakeFirst();
  const until = (verification?.created_at.getTime() ?? 0) + LONGEST_WAIT_MS;
  if (until <= core.clock.now()) return;
  const waiting = await findWaiting(core, id);
  if (waiting === undefined) return;
  const watch = core.firstAnswers.watch(waiting);
  try {
    for (let left; (left = until - core.clock.now()) > 0 && !closing.aborted;) {
      const told = await watch.within(Math.min(LOOK_EVERY_MS, left));
      if (told === 'ringing' || (await findWaiting(core, id)) === undefined) return;
    }
  } finally {
    watch.close();
  }
}

const ANSWERING: readonly CallStatus[] = ['ringing', 'answered'];

/** The call or text that gave no answer yet; undefined: it did. @throws CoreError `verification.not_placed` */
async function findWaiting(core: Pick<Core, 'db'>, id: string): Promise<string | undefined> {
  const call = await core.db
    .selectFrom('verifications')
    .innerJoin('calls', 'calls.id', 'verifications.call_id')
    .select(['calls.id', 'calls.status', 'calls.reason', 'calls.ringing_at'])
    .where('verifications.id', '=', id)
    .executeTakeFirst();
  if (call === undefined) return findWaitingText(core, id);
  if (call.status === 'failed' && call.ringing_at === null) {
    const sentence = CALL_REASONS[call.reason as CallReason] ?? 'It failed.';
    throw new CoreError('verification.not_placed', `The call could not be placed. ${sentence}`);
  }
  return isTerminal(call.status) || ANSWERING.includes(call.status) ? undefined : call.id;
}

async function findWaitingText(core: Pick<Core, 'db'>, id: string): Promise<string | undefined> {
  const text = await core.db
    .selectFrom('verifications')
    .innerJoin('messages', 'messages.id', 'verifications.message_id')
    .select(['messages.id', 'messages.status', 'messages.reason'])
    .where('verifications.id', '=', id)
    .executeTakeFirst();
  if (text?.status === 'failed') {
    const sentence = MESSAGE_REASONS[text.reason as MessageReason] ?? 'It failed.';
    throw new CoreError('verification.not_placed', `The text could not be sent. ${sentence}`);
  }
  return text?.status === 'queued' || text?.status === 'sending' ? text.id : undefined;
}
