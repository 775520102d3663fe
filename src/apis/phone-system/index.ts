import Type from 'typebox';
import type { KeyDoor } from '#apis/http/index.js';
import { accountRoutes } from '#apis/phone-system/account-routes.js';
import { attachmentRoutes } from '#apis/phone-system/attachment-routes.js';
import { audioRoutes } from '#apis/phone-system/audio-routes.js';
import { blockedNumberRoutes } from '#apis/phone-system/blocked-number-routes.js';
import { callHistoryRoutes } from '#apis/phone-system/call-history-routes.js';
import { PHONE_SYSTEM_WEBHOOKS } from '#apis/phone-system/callbacks.js';
import { callFlowRoutes } from '#apis/phone-system/call-flow-routes.js';
import { deletedRoutes } from '#apis/phone-system/deleted-routes.js';
import { guardRoutes } from '#apis/phone-system/guard-routes.js';
import { planRoutes } from '#apis/phone-system/plan-routes.js';
import { contactImportRoutes } from '#apis/phone-system/contact-import-routes.js';
import { contactRoutes } from '#apis/phone-system/contact-routes.js';
import { virtualNumberRoutes } from '#apis/phone-system/virtual-number-routes.js';
import { menuRoutes } from '#apis/phone-system/menu-routes.js';
import { ringGroupRoutes } from '#apis/phone-system/ring-group-routes.js';
import { extensionRoutes } from '#apis/phone-system/extension-routes.js';
import { forwardingNumberRoutes } from '#apis/phone-system/forwarding-number-routes.js';
import { forwardingScheduleRoutes } from '#apis/phone-system/forwarding-schedule-routes.js';
import { hoursRoutes } from '#apis/phone-system/hours-routes.js';
import { settingsRoutes } from '#apis/phone-system/settings-routes.js';
import { userRoutes } from '#apis/phone-system/user-routes.js';
import { FIELD_NAMES, REFUSALS } from '#apis/phone-system/refusals.js';
import { subscriptionRoutes } from '#apis/phone-system/subscription-routes.js';
import { soundRoutes } from '#apis/phone-system/sound-routes.js';
import { voiceMailboxRoutes } from '#apis/phone-system/voice-mailbox-routes.js';
import { voiceMessageRoutes } from '#apis/phone-system/voice-message-routes.js';
import { textRoutes } from '#apis/phone-system/text-routes.js';

export { DIALECT, PHONE_SYSTEM_DIALECT } from '#apis/phone-system/callbacks.js';

const ErrorBody = Type.Object({
  message: Type.String({ description: 'A sentence for people.' }),
  errors: Type.Optional(
    Type.Record(Type.String(), Type.Array(Type.String()), { description: 'By the path of the field: what is wrong.' }),
  ),
});

/** Where calls lead, who is reached, and what was said: the phone system of an account. */
export const phoneSystemDoor: KeyDoor = {
  name: 'phone-system',
  prefix: '/api/v2',
  guard: { kind: 'key', limit: 'phone_system_requests_per_minute', limitedPer: 'account' },
  docs: {
    title: 'Sidetone Phone system API',
    description:
      'Numbers, menus, ring groups, extensions, forwarding, hours, voicemail, call history and texts. Authorize with ' +
      '`Bearer` and a key of the account; a test key sees and changes a phone system of its own. Nothing here places a call.',
    errorSchema: ErrorBody,
    webhooks: PHONE_SYSTEM_WEBHOOKS,
  },
  // What is not there has no field that could be corrected.
  presentError: ({ status, message, faults = [] }) => ({
    message,
    ...(faults.length === 0 || status === 404 ? {} : { errors: byField(faults) }),
  }),
  refusals: REFUSALS,
  problems: { invalid_input: { status: 422 } },
  fieldNames: FIELD_NAMES,
  routes(unguarded) {
    const table = guardRoutes(unguarded);
    accountRoutes(table);
    planRoutes(table);
    userRoutes(table);
    blockedNumberRoutes(table);
    callFlowRoutes(table);
    contactImportRoutes(table);
    contactRoutes(table);
    callHistoryRoutes(table);
    audioRoutes(table);
    deletedRoutes(table);
    subscriptionRoutes(table);
    textRoutes(table);
    attachmentRoutes(table);
    settingsRoutes(table);
    hoursRoutes(table);
    forwardingScheduleRoutes(table);
    forwardingNumberRoutes(table);
    extensionRoutes(table);
    ringGroupRoutes(table);
    menuRoutes(table);
    virtualNumberRoutes(table);
    voiceMessageRoutes(table);
    voiceMailboxRoutes(table);
    soundRoutes(table);
  },
};

function byField(faults: readonly { field: string; message: string }[]): Record<string, string[]> {
  const errors = new Map<string, string[]>();
  for (const { field, message } of faults) errors.set(field, [...(errors.get(field) ?? []), message]);
  return Object.fromEntries(errors);
}
