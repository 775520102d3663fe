import type { RouteTable } from '#apis/http/index.js';
import {
  CheckOtpBody,
  OtpCheckReply,
  OtpParams,
  OtpReply,
  OtpStory,
  RequestOtpBody,
} from '#apis/verify/otp-schemas.js';
import { presentChecked, presentOtp, presentRequested } from '#apis/verify/present-otp.js';
import type { Caller } from '#core/accounts/index.js';
import { awaitVerification, checkCode, findVerification, requestVerification } from '#core/verifications/index.js';

const tag = 'One-time codes';
const scope = 'otp:write';

/** As stored with the call. */
const DIALECT = 'verify';

export function otpRoutes(table: RouteTable<Caller>): void {
  table.post('/otp', {
    id: 'requestOtp',
    tag,
    summary: 'Call a number and speak a one-time code',
    description:
      'Answers once the call gives a first sign, within five seconds. 502 `otp_failed`: no trunk took it, or the ' +
      'network refused it. Webhooks tell whether the code was heard.',
    scope,
    body: RequestOtpBody,
    status: 201,
    returns: OtpReply,
    handle: async ({ core, auth, body }) => {
      const { code_length: codeLength, ...rest } = body;
      const { accountId, mode } = auth;
      return presentRequested(
        await requestVerification(core, { accountId, mode, ...rest, codeLength, dialect: DIALECT }),
      );
    },
    settle: async ({ core, closing }, { id }) => awaitVerification(core, id, closing),
  });

  table.post('/otp/verify', {
    id: 'verifyOtp',
    tag,
    summary: 'Check a code',
    description: 'Answers 200 for a wrong code too: `verified` says whether it was right.',
    scope,
    body: CheckOtpBody,
    returns: OtpCheckReply,
    handle: async ({ core, auth, body }) => {
      const { accountId, mode } = auth;
      return presentChecked(await checkCode(core, { accountId, mode, ...body }), mode);
    },
  });

  table.get('/otp/:id', {
    id: 'getOtp',
    tag,
    summary: 'What became of a code',
    scope,
    params: OtpParams,
    returns: OtpStory,
    handle: async ({ core, auth, params }) => presentOtp(await findVerification(core, auth, params.id)),
  });
}
