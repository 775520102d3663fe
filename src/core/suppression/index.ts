export { isSuppressed, stoppingScopes } from '#core/suppression/is-suppressed.js';
export { suppress, type NewSuppression } from '#core/suppression/suppress.js';
