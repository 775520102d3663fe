import type { FastifyReply } from 'fastify';
import { HttpProblem } from '#apis/http/problem.js';
import { WINDOW_MS, type RollingWindow } from '#apis/http/rolling-window.js';

/**
 * Counts the request and says in its reply what is left (draft-ietf-httpapi-ratelimit-headers-10).
 * @throws HttpProblem `rate_limited` with Retry-After
 */
export function limitRate(window: RollingWindow, name: string, limit: number, now: number, reply: FastifyReply): void {
  const { admitted, remaining, resetMs } = window.admit(name, limit, now);
  const resetSeconds = Math.ceil(resetMs / 1000);
  void reply.header('ratelimit-policy', `"default";q=${limit};w=${WINDOW_MS / 1000}`);
  void reply.header('ratelimit', `"default";r=${remaining};t=${resetSeconds}`);
  if (admitted) return;
  throw new HttpProblem('rate_limited', `More than ${limit} requests in a minute. Try again in ${resetSeconds}s.`, {
    headers: { 'retry-after': `${resetSeconds}` },
  });
}
