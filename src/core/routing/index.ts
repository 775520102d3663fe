/** The routing objects of an account: kept, checked as a whole, with a version for every change. */
export { changeRouting, lockRouting, type ChangeRouting } from '#core/routing/change-routing.js';
export type { RoutingErrorCode } from '#core/routing/errors.js';
export { findObject, listObjects, type ObjectPage, type RoutingObject } from '#core/routing/list-objects.js';
export { findVersion, listVersions, type RoutingVersion } from '#core/routing/list-versions.js';
export { readRouting } from '#core/routing/read-routing.js';
export { readTurns, recordTurn } from '#core/routing/ring-turns.js';
export { rollBack } from '#core/routing/roll-back.js';
export type { RoutingChange, RoutingOwner } from '#core/routing/routing-change.js';
export type { ListedKind, RoutingDraft } from '#core/routing/routing-draft.js';
export { routingProblems } from '#core/routing/routing-problems.js';
export { forgetNumber, refuseIfUsed, replaceOrRefuse } from '#core/routing/uses-of.js';
