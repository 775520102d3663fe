import type { RoutingKind } from '#core/call-flow/index.js';
import type { Mode } from '#core/tables.js';

/** Whose calls are led. */
export interface RoutingOwner {
  accountId: string;
  mode: Mode;
}

/** What one object was before a change, and is after it; null: it was not there. */
export interface RoutingChange {
  kind: RoutingKind;
  id: number;
  before: unknown;
  after: unknown;
}
