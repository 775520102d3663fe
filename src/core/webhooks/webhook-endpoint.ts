import type { Selectable } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { Mode, WebhookEndpointTable } from '#core/tables.js';

/** Of one account in one mode, or of one site. */
export const MOST_ENDPOINTS = 50;
const LONGEST_DESCRIPTION = 200;
const SECRET = /^[\x21-\x7e]{16,255}$/;

/** A URL that is told of every event of its choice. */
export interface WebhookEndpoint {
  id: string;
  accountId: string;
  mode: Mode;
  url: string;
  dialect: string;
  /** As the dialect calls them. */
  events: string[];
  description: string | undefined;
  enabled: boolean;
  /** Whether it has a secret of its own; without one the account's signs. */
  hasSecret: boolean;
  createdAt: Date;
  updatedAt: Date;
}

export interface EndpointOwner {
  accountId: string;
  mode: Mode;
}

/** Where an endpoint is looked for. */
export interface EndpointScope extends EndpointOwner {
  /** Those alone that speak one of these; absent: whatever they speak. */
  dialects?: readonly string[];
  /** Those of this site alone. */
  siteId?: string | undefined;
}

export function toEndpoint(row: Selectable<WebhookEndpointTable>): WebhookEndpoint {
  return {
    id: row.id,
    accountId: row.account_id,
    mode: row.mode,
    url: row.url,
    dialect: row.dialect,
    events: row.events,
    description: row.description ?? undefined,
    enabled: row.enabled,
    hasSecret: row.secret_encrypted !== null,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** Core's types for the names of a dialect. Throws `webhook.bad_input`. */
export function chosenEvents(
  { dialects }: Pick<Core, 'dialects'>,
  dialect: string,
  names: readonly string[],
): { events: string[]; event_types: string[]; of_event: string } {
  const known = dialects[dialect]?.events;
  if (known === undefined) {
    const offered = Object.keys(dialects).filter((name) => dialects[name]?.events !== undefined);
    throw new CoreError('webhook.bad_input', `Not one of ${offered.join(', ')}.`, { field: 'dialect' });
  }
  const events = [...new Set(names)];
  if (events.length === 0) throw new CoreError('webhook.bad_input', 'Name at least one event.', { field: 'events' });
  const types = events.map((name) => {
    const found = Object.hasOwn(known, name) ? known[name] : undefined;
    if (found === undefined) {
      const list = Object.keys(known).join(', ');
      throw new CoreError('webhook.bad_input', `"${name}" is not one of ${list}.`, { field: 'events' });
    }
    return found;
  });
  const alone = dialects[dialect]?.oneEventEach === true;
  if (alone && events.length > 1) {
    throw new CoreError('webhook.bad_input', 'Name one event: a URL is registered for each.', { field: 'events' });
  }
  return { events, event_types: [...new Set(types.flat())], of_event: alone ? (events[0] ?? '') : '' };
}

/** Throws `webhook.bad_input`. */
export function checkDescription(text: string | undefined): void {
  if (text === undefined || text.length <= LONGEST_DESCRIPTION) return;
  throw new CoreError('webhook.bad_input', `Longer than ${LONGEST_DESCRIPTION} characters.`, { field: 'description' });
}

/** Throws `webhook.bad_input`. */
export function checkSecret(text: string | undefined): void {
  if (text === undefined || SECRET.test(text)) return;
  throw new CoreError('webhook.bad_input', 'A secret is 16 to 255 printable ASCII characters without blanks.', {
    field: 'secret',
  });
}

export function endpointNotFound(id: string): CoreError {
  return new CoreError('webhook.not_found', `There is no webhook endpoint ${id}.`);
}
