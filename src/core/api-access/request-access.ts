import { toAccessRequest, type AccessRequest } from '#core/api-access/access-request.js';
import type { Core } from '#core/core.js';
import { isEmailAddress } from '#core/email-address.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';

export interface RequestAccess {
  accountName: string;
  name: string;
  email: string;
  /** What they want to do with it. */
  useCase: string;
}

/** The most characters of each. */
export const ACCESS_REQUEST_LIMITS = { accountName: 100, name: 100, email: 254, useCase: 2000 } as const;
/** Strangers write them: beyond so many that nobody has looked at, no more are taken. */
export const MOST_WAITING = 1000;

/** @throws CoreError `access_request.bad_input` with all that is wrong, `access_request.too_many` */
export async function requestAccess(core: Pick<Core, 'db' | 'clock'>, input: RequestAccess): Promise<AccessRequest> {
  const fields = {
    accountName: input.accountName.trim(),
    name: input.name.trim(),
    email: input.email.trim(),
    useCase: input.useCase.trim(),
  };
  const problems = (Object.keys(fields) as (keyof RequestAccess)[]).flatMap((path) => {
    const message = problemOf(path, fields[path]);
    return message === undefined ? [] : [{ path, message }];
  });
  if (problems.length > 0) {
    const [{ path = '', message = '' } = {}] = problems;
    throw new CoreError('access_request.bad_input', message, { field: path, problems });
  }
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    const { count } = await tx
      .selectFrom('api_access_requests')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('status', '=', 'waiting')
      .executeTakeFirstOrThrow();
    if (Number(count) >= MOST_WAITING) {
      throw new CoreError('access_request.too_many', 'Too many requests wait to be looked at; try again later.');
    }
    const row = await tx
      .insertInto('api_access_requests')
      .values({
        id: newId('acr', at.getTime()),
        account_id: null,
        account_name: fields.accountName,
        name: fields.name,
        email: fields.email,
        use_case: fields.useCase,
        status: 'waiting',
        created_at: at,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toAccessRequest(row);
  });
}

function problemOf(field: keyof RequestAccess, text: string): string | undefined {
  const most = ACCESS_REQUEST_LIMITS[field];
  if (text === '') return 'Please fill this in.';
  if (text.length > most) return `At most ${most} characters.`;
  if (field === 'email' && !isEmailAddress(text)) return 'This is not an e-mail address.';
  return undefined;
}
