import type { Insertable, Transaction } from 'kysely';
import { newId } from '#core/ids.js';
import type { EventTable, Mode, Tables } from '#core/tables.js';

/** What happened, in core's words; a fact that never changes. */
export interface Event {
  id: string;
  accountId: string;
  mode: Mode;
  type: EventType;
  /** The id of the thing it happened to. */
  subject: string;
  data: Record<string, unknown>;
  at: Date;
}

export type EventType =
  | 'call.dialing'
  | 'call.ringing'
  | 'call.answered'
  | 'call.digit'
  | 'call.completed'
  | 'call.voicemail'
  | 'call.no_answer'
  | 'call.failed'
  | 'call.canceled'
  /** Somebody at a phone of ours calls for help. */
  | 'call.emergency'
  | 'contact.opted_out'
  /** Of their own will, by a text, or by the owner with a reason. */
  | 'contact.opted_in'
  | 'contact.created'
  /** The code was spoken to its end. */
  | 'verification.delivered'
  | 'verification.failed'
  /** A code was given, right or wrong (`verified`). */
  | 'verification.checked'
  /** Somebody left a message in a mailbox. */
  | 'voicemail.received'
  | 'message.received'
  /** The carrier took it. */
  | 'message.sent'
  | 'message.delivered'
  /** Refused, undeliverable, or of unknown fate: `status` says which. */
  | 'message.failed'
  | 'campaign.started'
  | 'campaign.paused'
  | 'campaign.completed'
  | 'campaign.canceled'
  /** A file was read to its end: all of it is true, or nothing. */
  | 'import.completed'
  | 'import.failed'
  /** Operators are told: `kind` says of what. */
  | 'trouble.began'
  | 'trouble.ended'
  /** Somebody can recommend a site from now on. */
  | 'advocate.joined'
  /** A friend came by an offer and said who they are. */
  | 'friend.joined'
  | 'offer.shared'
  | 'origin.registered'
  | 'referral.created'
  | 'referral.approved'
  /** `status` says to what. */
  | 'referral.status_changed'
  | 'reward.given'
  | 'site_person.unsubscribed'
  | 'site_person.opted_in'
  /** Few codes are left of a list, or one is wanted now. */
  | 'coupons.wanted'
  | 'loyalty.acted';

/** What a door makes of an event. */
export interface RenderedEvent {
  body: unknown;
  headers?: Record<string, string>;
  /** The dialect's own signature beside that of Standard Webhooks; `raw` is the body as sent. */
  sign?: (raw: string, secret: string) => Record<string, string>;
}

/**
 * A door's translation of an event into the body it posts; undefined when the dialect has no such event. `secret` is what
 * the delivery is signed with, for dialects that show it to the receiver.
 */
export type EventRenderer = (event: Event, secret?: string) => RenderedEvent | undefined;

/** Of what came through no door, such as calls between people: registered endpoints alone are told. */
export const NO_DIALECT = 'none';

/** How a door speaks of events. */
export interface Dialect {
  render: EventRenderer;
  /** The names under which a registered endpoint can ask for events; absent: it cannot. */
  events?: Readonly<Record<string, readonly EventType[]>>;
  /** Whether an endpoint is told of one event alone, and a URL may be registered for each. */
  oneEventEach?: boolean;
  /** Events that an endpoint of it must have taken before what follows from them happens. */
  awaited?: readonly EventType[];
  /** Whether it shows the pictures and files of a text that came in, and so is told of it once they are here. */
  showsFiles?: boolean;
  /** What an endpoint is asked, and answers at once: it is chosen as an event is, and is none. */
  asks?: WantsLettersQuestion;
  /** Whether an endpoint has a secret of its own also when none was given. */
  ownSecret?: boolean;
}

/** Whether somebody still wants letters, asked before each. */
export interface WantsLettersQuestion {
  /** Its name among those of events. */
  event: string;
  render: (data: Record<string, unknown>, secret: string) => unknown;
  /** Whether they want none; undefined: the answer does not say. */
  read: (answer: string) => boolean | undefined;
}

/** `siteId`: endpoints of that site are told, and no others. */
export type NewEvent = Omit<Event, 'id'> & { siteId?: string };

/** Appends an event inside the transaction that makes it true, and tells nobody; `publishEvent` of webhooks does both. */
export async function recordEvent(tx: Transaction<Tables>, event: NewEvent): Promise<Event> {
  const recorded = withId(event);
  await tx.insertInto('events').values(eventRow(recorded)).execute();
  return recorded;
}

export function withId({ siteId: _, ...event }: NewEvent): Event {
  return { ...event, id: newId('evt', event.at.getTime()) };
}

export function eventRow(event: Event): Insertable<EventTable> {
  return {
    id: event.id,
    account_id: event.accountId,
    mode: event.mode,
    type: event.type,
    subject: event.subject,
    data: JSON.stringify(event.data),
    created_at: event.at,
  };
}
