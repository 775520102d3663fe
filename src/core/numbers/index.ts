export { addNumber, type AddNumber } from '#core/numbers/add-number.js';
export { checkStage, withinStage } from '#core/numbers/check-stage.js';
export type { NumberErrorCode } from '#core/numbers/errors.js';
export { listNumbers } from '#core/numbers/list-numbers.js';
export { SANDBOX_NUMBER } from '#core/numbers/sandbox-number.js';
export { numberCountry } from '#core/numbers/number-country.js';
export { NUMBER_KINDS, type NumberKind, type OwnedNumber } from '#core/numbers/number-store.js';
export { ownNumbers } from '#core/numbers/own-numbers.js';
export { ownsNumber } from '#core/numbers/owns-number.js';
export { findCallableNumber, pageNumbers, type CallableNumber } from '#core/numbers/page-numbers.js';
export { removeNumber } from '#core/numbers/remove-number.js';
export {
  forgetVerifiedNumber,
  listUsableNumbers,
  listVerifiedNumbers,
  mayCallFrom,
  recordProof,
  type UsableNumber,
} from '#core/numbers/verified-number.js';
