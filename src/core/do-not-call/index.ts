/** Files of people who must not be called or texted, read into the ledger of `core/suppression`. */
export { importOptOuts, optOutRows, type ImportOptOuts } from '#core/do-not-call/import-opt-outs.js';
