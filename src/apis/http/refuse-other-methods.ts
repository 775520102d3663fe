import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpProblem } from '#apis/http/problem.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** 405 with Allow (RFC 9110 section 15.5.6). Without a key too: which methods there are is no secret, the documents say so. */
export function refuseOtherMethods(scope: FastifyInstance, path: string, methods: string[]): void {
  const allow = METHODS.filter((method) => methods.includes(method)).join(', ');
  const refuse = async (request: FastifyRequest): Promise<never> => {
    throw new HttpProblem('method_not_allowed', `${request.method} is not possible here; ${allow} is.`, {
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
