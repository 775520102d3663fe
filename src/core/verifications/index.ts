/** One-time codes: made, spoken by a call, checked, and limited so that nobody can earn by asking for them. */
export { awaitVerification } from '#core/verifications/await-verification.js';
export { checkCode, type CheckCode, type CheckedCode } from '#core/verifications/check-code.js';
export { TEST_CODE } from '#core/verifications/code.js';
export type { VerificationErrorCode } from '#core/verifications/errors.js';
export { EXPIRE_EVERY_MS, expireVerifications } from '#core/verifications/expire-verifications.js';
export { findVerification } from '#core/verifications/find-verification.js';
export { noticeSpendCap } from '#core/verifications/notice-spend-cap.js';
export { proveNumber, startNumberProof, type StartProof } from '#core/verifications/prove-number.js';
export { SETTING_NAMES, settingOf } from '#core/verifications/policy.js';
export { requestVerification, type RequestVerification } from '#core/verifications/request-verification.js';
export type { Verification } from '#core/verifications/verification.js';
export {
  listPolicy,
  setPolicy,
  type PolicyOwner,
  type PolicySetting,
  type SetPolicy,
} from '#core/verifications/set-policy.js';
