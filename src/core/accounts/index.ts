/** Who may do what: accounts, their limits, and the keys to the API. */
export type { Account } from '#core/accounts/account.js';
export type { ApiKey, CreatedKey } from '#core/accounts/api-key.js';
export { recordAudit, type AuditEntry } from '#core/accounts/audit.js';
export { createAccount, type CreateAccount } from '#core/accounts/create-account.js';
export { createKey, type CreateKey } from '#core/accounts/create-key.js';
export type { AccountErrorCode } from '#core/accounts/errors.js';
export { findAccount } from '#core/accounts/find-account.js';
export { changeKeys, KEYS_CHANNEL, type KeyAdmin } from '#core/accounts/key-changes.js';
export { KEY_STYLES } from '#core/accounts/key-format.js';
export { KeyRing, type Caller, type CallingUser } from '#core/accounts/key-ring.js';
export { effectiveLimits, LIMIT_NAMES, LIMITS, type LimitName, type Limits } from '#core/accounts/limits.js';
export { listAccounts } from '#core/accounts/list-accounts.js';
export { listKeys } from '#core/accounts/list-keys.js';
export {
  callerNameOf,
  effectivePolicy,
  FIRST_ACCOUNT_NAME,
  OUTREACH_SETTINGS,
  readOutreachPolicy,
  type OutreachPolicy,
  type OutreachSetting,
} from '#core/accounts/outreach-policy.js';
export { ROLE_SCOPES } from '#core/accounts/role-scopes.js';
export { revokeKey, type RevokeKey } from '#core/accounts/revoke-key.js';
export { rollKey, type RollKey } from '#core/accounts/roll-key.js';
export { allowsScope, isScope, SCOPES, type Scope } from '#core/accounts/scopes.js';
export { firstAccountId } from '#core/accounts/first-account.js';
export { setApiAccess, type SetApiAccess } from '#core/accounts/set-api-access.js';
export { findStage, setStage, STAGES, type Stage } from '#core/accounts/set-stage.js';
export { updateAccount, type UpdateAccount } from '#core/accounts/update-account.js';
export { setLimit, type SetLimit } from '#core/accounts/set-limit.js';
export { listOutreachPolicy, setOutreachPolicy, type SetOutreachPolicy } from '#core/accounts/set-outreach-policy.js';
