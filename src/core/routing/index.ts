/** The routing objects of an account: kept, checked as a whole, with a version for every change. */
export type { RoutingChange, RoutingOwner } from '#core/routing/routing-change.js';
