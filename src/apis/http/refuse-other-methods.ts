import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpProblem } from '#apis/http/problem.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** 405 with Allow (RFC 9110 section 15.5.6). Without a key too: which methods there are is no secret, the documents say so. */
export function refuseOtherMethods(scope: FastifyInstance, path: string, methods: string[]): void {
  const allowed = METHODS.filter((method) => methods.includes(method));
  const allow = allowed.join(', ');
  const refuse = async (request: FastifyRequest): Promise<never> => {
    throw new HttpProblem('method_not_allowed', `${request.method} is not possible here, only ${inWords(allowed)}.`, {
      headers: { allow },
    });
  };
  scope.route({
    method: METHODS.filter((method) => !methods.includes(method)),
    url: path,
    schema: { hide: true },
    onRequest: refuse,
    handler: refuse,
  });
}

/** `GET, HEAD and PATCH`. */
function inWords(methods: readonly string[]): string {
  const [last = '', ...others] = methods.toReversed();
  return others.length === 0 ? last : `${others.toReversed().join(', ')} and ${last}`;
}
