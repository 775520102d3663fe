import type { AdminParts } from '#apis/admin/admin-parts.js';
import { addAccountRoutes } from '#apis/admin/account-routes.js';
import { addApiAccessRoutes } from '#apis/admin/api-access-routes.js';
import { addBanRoutes } from '#apis/admin/ban-routes.js';
import { addBlockedNumberRoutes } from '#apis/admin/blocked-number-routes.js';
import { addCallFlowRoutes } from '#apis/admin/call-flow-routes.js';
import { addCallRoutes } from '#apis/admin/call-routes.js';
import { addCampaignRoutes } from '#apis/admin/campaign-routes.js';
import { addCarrierRoutes } from '#apis/admin/carrier-routes.js';
import { addContactRoutes } from '#apis/admin/contact-routes.js';
import { addImportRoutes } from '#apis/admin/import-routes.js';
import { addGroupRoutes } from '#apis/admin/group-routes.js';
import { addInstallationRoutes } from '#apis/admin/installation-routes.js';
import { addKeyRoutes } from '#apis/admin/key-routes.js';
import { addMailboxRoutes } from '#apis/admin/mailbox-routes.js';
import { addNumberRoutes } from '#apis/admin/number-routes.js';
import { addOtpPolicyRoutes } from '#apis/admin/otp-policy-routes.js';
import { addOptOutRoutes } from '#apis/admin/opt-out-routes.js';
import { addOutreachPolicyRoutes } from '#apis/admin/outreach-policy-routes.js';
import { addPhoneRoutes } from '#apis/admin/phone-routes.js';
import { addPlanRoutes } from '#apis/admin/plan-routes.js';
import { REFUSALS } from '#apis/admin/refusals.js';
import { addRegistrationRoutes } from '#apis/admin/registration-routes.js';
import { addSiteRoutes } from '#apis/admin/site-routes.js';
import { addSoundRoutes } from '#apis/admin/sound-routes.js';
import { addTrunkRoutes } from '#apis/admin/trunk-routes.js';
import { addUserRoutes } from '#apis/admin/user-routes.js';
import { addWebhookEndpointRoutes } from '#apis/admin/webhook-endpoint-routes.js';
import { addWebhookRoutes } from '#apis/admin/webhook-routes.js';
import { addWalletRoutes } from '#apis/admin/wallet-routes.js';
import type { OperatorDoor } from '#apis/http/index.js';

/** The door that the command line uses: the whole installation, for whoever can read `running.json`. */
export function adminDoor(parts: AdminParts): OperatorDoor {
  return {
    name: 'admin',
    prefix: '/admin',
    guard: { kind: 'token', token: parts.token },
    presentError: ({ code, message, field }) => ({
      error: { code, message, ...(field === undefined ? {} : { field }) },
    }),
    refusals: REFUSALS,
    routes(table) {
      addAccountRoutes(table, parts);
      addApiAccessRoutes(table);
      addPlanRoutes(table);
      addKeyRoutes(table, parts);
      addTrunkRoutes(table, parts);
      addCarrierRoutes(table);
      addCampaignRoutes(table);
      addNumberRoutes(table);
      addOtpPolicyRoutes(table);
      addOptOutRoutes(table);
      addRegistrationRoutes(table);
      addOutreachPolicyRoutes(table);
      addPhoneRoutes(table, parts);
      addUserRoutes(table);
      addGroupRoutes(table);
      addCallFlowRoutes(table);
      addMailboxRoutes(table);
      addSoundRoutes(table);
      addSiteRoutes(table);
      addBlockedNumberRoutes(table);
      addContactRoutes(table);
      addImportRoutes(table);
      addCallRoutes(table);
      addBanRoutes(table, parts);
      addWebhookRoutes(table, parts);
      addWebhookEndpointRoutes(table);
      addWalletRoutes(table);
      addInstallationRoutes(table, parts);
    },
  };
}
