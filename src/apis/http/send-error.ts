import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DoorBase } from '#apis/http/door.js';
import { explainError } from '#apis/http/explain-error.js';
import type { Log } from '#core/log.js';

export type ErrorPresenter = Pick<DoorBase<never>, 'presentError' | 'refusals' | 'problems' | 'fieldNames'>;

/** Writes what was thrown as the door writes errors; a defect of ours is logged and not shown. */
export function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  door: ErrorPresenter,
  log: Log,
): FastifyReply {
  const { problem, headers, defect } = explainError(error, door, request.id);
  if (defect) {
    log.error({ err: error, requestId: request.id, route: request.routeOptions.url }, 'a request failed on our side');
  }
  return reply
    .code(problem.status)
    .headers({ ...headers, 'x-request-id': request.id })
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(door.presentError(problem)));
}

/** For addresses that belong to no door. */
export const plainErrors: ErrorPresenter = {
  presentError: ({ code, message, requestId }) => ({ error: { code, message, request_id: requestId } }),
  refusals: {},
};
