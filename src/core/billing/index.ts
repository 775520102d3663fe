/** What things cost, and who has paid for what: prices, wallets, and the ledger. */
export { checkLedger, type LedgerViolation } from '#core/billing/check-ledger.js';
export { creditWallet, type CreditWallet } from '#core/billing/credit-wallet.js';
export type { BillingErrorCode } from '#core/billing/errors.js';
export { daysSince, findDebt, type Debt } from '#core/billing/find-debt.js';
export { findWallet, type Wallet } from '#core/billing/find-wallet.js';
export { listEntries, type LedgerEntry } from '#core/billing/list-entries.js';
export { costOf } from '#core/billing/money.js';
export { listPrices, priceOf, setPrice, type Price, type SetPrice } from '#core/billing/prices.js';
export { publicPrices } from '#core/billing/public-prices.js';
export { releaseAbandoned } from '#core/billing/release-abandoned.js';
export { setCurrency, setMetering } from '#core/billing/set-metering.js';
export { spentSince } from '#core/billing/spent-since.js';
export { isUnit, UNIT_NAMES, UNITS, type Unit } from '#core/billing/units.js';
export { countHolds, holdFunds, releaseFunds, settleFunds, type Quantity, type Use } from '#core/billing/use-funds.js';
export { holdManyFunds, releaseManyFunds, settleManyFunds, type OneOfMany } from '#core/billing/use-funds-of-many.js';
