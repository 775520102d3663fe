import Type from 'typebox';
import type { KeyDoor, RouteTable } from '#apis/http/index.js';
import { callRoutes } from '#apis/verify/call-routes.js';
import { VERIFY_WEBHOOKS } from '#apis/verify/callbacks.js';
import { contactRoutes } from '#apis/verify/contact-routes.js';
import { discoveryRoutes } from '#apis/verify/discovery-routes.js';
import { groupRoutes } from '#apis/verify/group-routes.js';
import { otpRoutes } from '#apis/verify/otp-routes.js';
import { numberRoutes } from '#apis/verify/number-routes.js';
import { FIELD_NAMES, REFUSALS } from '#apis/verify/refusals.js';
import { speechFileRoutes } from '#apis/verify/speech-files.js';
import { openAiRoutes } from '#apis/verify/speech-openai-routes.js';
import { speechRoutes } from '#apis/verify/speech-routes.js';
import { userRoutes } from '#apis/verify/user-routes.js';
import { walletRoutes } from '#apis/verify/wallet-routes.js';
import { webhookEndpointRoutes } from '#apis/verify/webhook-endpoint-routes.js';
import type { Caller } from '#core/accounts/index.js';

const ErrorBody = Type.Object({ error: Type.Object({ code: Type.String(), message: Type.String() }) });

/** Codes by phone, speech, numbers, calls, people and contacts. */
export const verifyDoor: KeyDoor = {
  name: 'verify',
  prefix: '/v1',
  guard: { kind: 'key', headers: ['x-api-key'], limit: 'verify_requests_per_minute', limitedPer: 'key' },
  docs: {
    title: 'Sidetone Verify API',
    description:
      'One-time codes by phone call, speech, numbers, calls and contacts. Authorize with `Bearer` and a key of the ' +
      'account; with a test key everything is simulated, and the code 000000 always verifies.',
    errorSchema: ErrorBody,
    alsoAt: '/api/openapi.json',
    webhooks: VERIFY_WEBHOOKS,
  },
  // The field stands in the message: this door's errors have two members and no more.
  presentError: ({ code, message, field }) => ({
    error: { code, message: field === undefined ? message : `${field}: ${message}` },
  }),
  refusals: REFUSALS,
  problems: {
    malformed_body: { code: 'invalid' },
    invalid_input: { code: 'invalid' },
    bad_url: { code: 'invalid' },
    idempotency_key_invalid: { code: 'invalid' },
    forbidden_scope: { code: 'forbidden' },
    forbidden_role: { code: 'forbidden' },
    api_disabled: { code: 'forbidden' },
    unavailable: { code: 'service_unavailable' },
  },
  fieldNames: FIELD_NAMES,
  routes(table) {
    discoveryRoutes(table, addRoutes);
  },
};

function addRoutes(table: RouteTable<Caller>): void {
  otpRoutes(table);
  speechRoutes(table);
  speechFileRoutes(table);
  openAiRoutes(table);
  contactRoutes(table);
  userRoutes(table);
  groupRoutes(table);
  numberRoutes(table);
  callRoutes(table);
  walletRoutes(table);
  webhookEndpointRoutes(table);
}
