import { CoreError } from '#core/errors.js';

/** Spoken or heard at once. Calls wait for the same voices, so files must leave them room. */
const AT_ONCE = { account: 4, process: 8 } as const;
const RETRY_AFTER_SECONDS = 2;

const working = new Map<string, number>();
let total = 0;

/**
 * Does the work when the account and this process have room for it, and holds its place until it is done.
 * @throws CoreError `speech.busy`
 */
export async function inWorkPlace<T>(accountId: string, work: () => Promise<T>): Promise<T> {
  const own = working.get(accountId) ?? 0;
  if (own >= AT_ONCE.account || total >= AT_ONCE.process) {
    const whose = own >= AT_ONCE.account ? 'The account has' : 'The server has';
    const most = own >= AT_ONCE.account ? AT_ONCE.account : AT_ONCE.process;
    throw new CoreError(
      'speech.busy',
      `${whose} ${most} texts and sounds in work. Retry after ${RETRY_AFTER_SECONDS}s.`,
      {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      },
    );
  }
  working.set(accountId, own + 1);
  total++;
  try {
    return await work();
  } finally {
    total--;
    const left = working.get(accountId)! - 1;
    if (left > 0) working.set(accountId, left);
    else working.delete(accountId);
  }
}
