import type { FastifyReply } from 'fastify';
import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { HttpProblem } from '#apis/http/problem.js';
import type { Clock } from '#clock.js';

/** Files that one account may read at the same time: each takes memory and a part of the database's time. */
export const LONG_REPLIES_AT_ONCE = 8;
/** Files of one account that whoever has links may read at the same time, and readers of one file among them. */
export const LINKED_AT_ONCE = { ofAccount: 64, ofFile: 8 } as const;
/** A reply by link ends after this, however slowly it is read. */
export const LONGEST_BY_LINK_MS = 1_800_000;
/** One of which nothing is read any more ends after this. */
const UNREAD_MS = 60_000;
const TRY_AGAIN_SECONDS = 5;

/** What a link leads to, and whose it is. */
export interface LinkedFile {
  accountId: string;
  file: string;
}

/** Replies that are made while they are read: exports, recordings, pictures. */
export class LongReplies {
  readonly #open = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** Counts the reply until it is over. @throws HttpProblem `rate_limited` where the account has enough of them */
  admit(accountId: string, reply: FastifyReply): void {
    this.#count([[`key ${accountId}`, LONG_REPLIES_AT_ONCE]], reply);
  }

  /**
   * The same for a reader without a key, who takes nothing away from those that have one, nor from all other files.
   * @throws HttpProblem `rate_limited`
   */
  admitByLink({ accountId, file }: LinkedFile, reply: FastifyReply): void {
    const places: [string, number][] = [
      [`links ${accountId}`, LINKED_AT_ONCE.ofAccount],
      [`link ${accountId} ${file}`, LINKED_AT_ONCE.ofFile],
    ];
    this.#count(places, reply);
    const end = this.clock.after(LONGEST_BY_LINK_MS, () => reply.raw.destroy());
    whenOver(reply.raw, () => end.cancel());
  }

  #count(places: readonly [name: string, most: number][], reply: FastifyReply): void {
    for (const [name, most] of places) {
      if ((this.#open.get(name) ?? 0) < most) continue;
      throw new HttpProblem('rate_limited', `${most} files are being read already: finish one, then ask again.`, {
        headers: { 'retry-after': `${TRY_AGAIN_SECONDS}` },
      });
    }
    for (const [name] of places) this.#open.set(name, (this.#open.get(name) ?? 0) + 1);
    whenOver(reply.raw, () => {
      for (const [name] of places) {
        const left = (this.#open.get(name) ?? 1) - 1;
        if (left > 0) this.#open.set(name, left);
        else this.#open.delete(name);
      }
    });
    endWhenUnread(reply.raw, UNREAD_MS);
  }
}

/** Once, whether it was read to its end or not. */
function whenOver(response: ServerResponse, run: () => void): void {
  let over = false;
  const once = (): void => {
    if (over) return;
    over = true;
    run();
  };
  response.once('finish', once);
  response.once('close', once);
}

/** Cuts the connection of somebody who reads nothing for so long. */
export function endWhenUnread(response: ServerResponse, ms: number): void {
  // Requests that come without a network have no such thing.
  if (response.socket instanceof Socket) response.setTimeout(ms, () => response.destroy());
}
