import Type from 'typebox';
import type { KeyDoor } from '#apis/http/index.js';
import { callRoutes } from '#apis/outreach/call-routes.js';
import { OUTREACH_WEBHOOKS } from '#apis/outreach/callbacks.js';
import { campaignRoutes } from '#apis/outreach/campaign-routes.js';
import { contactImportRoutes } from '#apis/outreach/contact-import-routes.js';
import { contactRoutes } from '#apis/outreach/contact-routes.js';
import { deliveryRoutes } from '#apis/outreach/delivery-routes.js';
import { importRoutes } from '#apis/outreach/import-routes.js';
import { limitRoutes } from '#apis/outreach/limit-routes.js';
import { listRoutes } from '#apis/outreach/list-routes.js';
import { numberRoutes } from '#apis/outreach/number-routes.js';
import { FIELD_NAMES, REFUSALS } from '#apis/outreach/refusals.js';
import { optOutRoutes } from '#apis/outreach/opt-out-routes.js';
import { registrationRoutes } from '#apis/outreach/registration-routes.js';
import { smsRoutes } from '#apis/outreach/sms-routes.js';
import { webhookEndpointRoutes } from '#apis/outreach/webhook-endpoint-routes.js';

export { OUTREACH_DIALECT, renderOutreachEvent } from '#apis/outreach/callbacks.js';
export { DIALECT } from '#apis/outreach/parse-call.js';

const ErrorBody = Type.Object({
  error: Type.Object({
    code: Type.String(),
    message: Type.String(),
    field: Type.Optional(Type.String()),
  }),
});

/** Automated calls and texts, campaigns, and the people they reach. */
export const outreachDoor: KeyDoor = {
  name: 'outreach',
  prefix: '/api/v1',
  guard: { kind: 'key', limit: 'outreach_requests_per_minute', limitedPer: 'account' },
  docs: {
    title: 'Sidetone Outreach API',
    description:
      'Automated calls with spoken messages and keys, and texts. Authorize with `Bearer` and a key of the account; a test key ' +
      'runs everything against the simulated network, where the called number chooses what happens.',
    errorSchema: ErrorBody,
    webhooks: OUTREACH_WEBHOOKS,
  },
  presentError: ({ code, message, field }) => ({
    error: { code, message, ...(field === undefined ? {} : { field }) },
  }),
  refusals: REFUSALS,
  problems: {
    // One code for a bad request, whether its form or its content is at fault.
    invalid_input: { code: 'invalid_request' },
    idempotency_mismatch: { status: 400 },
    unsupported_media_type: { status: 400 },
  },
  fieldNames: FIELD_NAMES,
  routes(table) {
    callRoutes(table);
    contactImportRoutes(table);
    contactRoutes(table);
    listRoutes(table);
    campaignRoutes(table);
    importRoutes(table);
    smsRoutes(table);
    numberRoutes(table);
    optOutRoutes(table);
    registrationRoutes(table);
    deliveryRoutes(table);
    webhookEndpointRoutes(table);
    limitRoutes(table);
  },
};
