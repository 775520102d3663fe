import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { KeyDoor, OperatorDoor } from '#apis/http/door.js';
import { limitRate } from '#apis/http/limit-rate.js';
import { HttpProblem } from '#apis/http/problem.js';
import { RollingWindow } from '#apis/http/rolling-window.js';
import { allowsScope, type Caller, type KeyRing, type Scope } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';

/** Lets a request in, before its body is read, or throws an HttpProblem. */
export type Admit<C> = (request: FastifyRequest, reply: FastifyReply, scope: Scope | undefined) => Promise<C>;

export function admitKeys(door: KeyDoor, core: Pick<Core, 'clock'>, keyRing: KeyRing): Admit<Caller> {
  const { guard } = door;
  const window = new RollingWindow();
  return async (request, reply, scope) => {
    const text = bearerToken(request) ?? firstHeader(request, guard.headers ?? []);
    if (text === undefined) throw unauthorized('This needs an API key: send "Authorization: Bearer YOUR_API_KEY".');
    const caller = await keyRing.authenticate(text);
    if (caller === undefined) throw unauthorized('The API key is unknown, revoked or expired.', 'invalid_token');
    const counted = guard.limitedPer === 'account' ? caller.accountId : caller.keyId;
    if (guard.limit !== undefined) limitRate(window, counted, caller.limits[guard.limit], core.clock.now(), reply);
    if (!caller.apiEnabled) {
      throw new HttpProblem('api_disabled', 'The API is not open for this account: ask for it at /api-access.');
    }
    if (scope !== undefined && !allowsScope(caller.scopes, scope)) {
      throw new HttpProblem('forbidden_scope', `The API key lacks the scope ${scope}.`);
    }
    return caller;
  };
}

export function admitOperator(door: OperatorDoor): Admit<undefined> {
  const expected = digest(door.guard.token);
  return async (request) => {
    const token = bearerToken(request);
    if (token === undefined) throw unauthorized('This needs the token of the running server.');
    if (!timingSafeEqual(digest(token), expected))
      throw unauthorized('The token is not this server’s.', 'invalid_token');
    return undefined;
  };
}

/** RFC 6750 section 2.1; the scheme in any case (RFC 9110 section 11.1). */
function bearerToken(request: FastifyRequest): string | undefined {
  return /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
}

function firstHeader(request: FastifyRequest, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = request.headers[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** RFC 6750 section 3: the reason is named only when a token was sent. */
function unauthorized(message: string, reason?: 'invalid_token'): HttpProblem {
  const challenge = `Bearer realm="sidetone"${reason === undefined ? '' : `, error="${reason}"`}`;
  return new HttpProblem('unauthorized', message, { headers: { 'www-authenticate': challenge } });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
