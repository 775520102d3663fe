import type { Selectable } from 'kysely';
import type { MessageTable } from '#core/tables.js';

export type MessageRow = Selectable<MessageTable>;

/** Nothing more is done for a text in one of these; `unknown` becomes another one where a receipt says so. */
export const TERMINAL_MESSAGE_STATUSES = ['delivered', 'undelivered', 'failed', 'unknown', 'canceled'] as const;
export type MessageEndStatus = (typeof TERMINAL_MESSAGE_STATUSES)[number];
