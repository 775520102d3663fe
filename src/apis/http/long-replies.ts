import type { FastifyReply } from 'fastify';
import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { HttpProblem } from '#apis/http/problem.js';

/** Files that one account may read at the same time: each takes memory and a part of the database's time. */
export const LONG_REPLIES_AT_ONCE = 8;
/** One of which nothing is read any more ends after this. */
const UNREAD_MS = 60_000;
const TRY_AGAIN_SECONDS = 5;

/** Replies that are made while they are read: exports, recordings. */
export class LongReplies {
  readonly #open = new Map<string, number>();

  /** Counts the reply until it is over. @throws HttpProblem `rate_limited` where the account has enough of them */
  admit(accountId: string, reply: FastifyReply): void {
    const open = this.#open.get(accountId) ?? 0;
    if (open >= LONG_REPLIES_AT_ONCE) {
      throw new HttpProblem('rate_limited', `${open} files are being read already: finish one, then ask again.`, {
        headers: { 'retry-after': `${TRY_AGAIN_SECONDS}` },
      });
    }
    this.#open.set(accountId, open + 1);
    let over = false;
    const release = (): void => {
      if (over) return;
      over = true;
      const left = (this.#open.get(accountId) ?? 1) - 1;
      if (left > 0) this.#open.set(accountId, left);
      else this.#open.delete(accountId);
    };
    reply.raw.once('finish', release);
    reply.raw.once('close', release);
    endWhenUnread(reply.raw, UNREAD_MS);
  }
}

/** Cuts the connection of somebody who reads nothing for so long. */
export function endWhenUnread(response: ServerResponse, ms: number): void {
  // Requests that come without a network have no such thing.
  if (response.socket instanceof Socket) response.setTimeout(ms, () => response.destroy());
}
