import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createHmac } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { Admit } from '#apis/http/admission.js';
import type { DoorBase, Method, Route, RouteTable } from '#apis/http/door.js';
import { explainError } from '#apis/http/explain-error.js';
import { acceptJsonBodies, bodyHash, refuseUnstorableText } from '#apis/http/json-body.js';
import { acceptForms } from '#apis/http/form-body.js';
import { acceptStreams } from '#apis/http/stream-body.js';
import { forgetReply, inFlight, keepReply, type Reply } from '#apis/http/keep-reply.js';
import type { LinkedFile, LongReplies } from '#apis/http/long-replies.js';
import { describeRoute } from '#apis/http/open-api.js';
import { HttpProblem } from '#apis/http/problem.js';
import { acceptRawBodies } from '#apis/http/raw-body.js';
import { refuseOtherMethods } from '#apis/http/refuse-other-methods.js';
import { sendError } from '#apis/http/send-error.js';
import { compileValidator, type Part } from '#apis/http/validate.js';
import type { Core } from '#core/core.js';
import { FORGOTTEN_REPLY } from '#core/forget-replies.js';
import type { KeptRequest } from '#core/kept-request.js';
import type { Mode } from '#core/tables.js';

export interface ReplyOwner {
  accountId: string;
  mode: Mode;
  /** The only site that the caller reaches: sites of one account choose their keys without knowing of each other. */
  siteId?: string;
}

export interface Mounting<C> {
  door: DoorBase<C>;
  admit: Admit<C>;
  /** Whose the kept replies are; absent: an Idempotency-Key means nothing here. */
  owner?: (caller: C) => ReplyOwner;
  /** Counts what `owner`, and whoever has a link, reads as it is made. */
  longReplies: LongReplies;
  /** Bodies of any type, as they came. */
  rawBodies?: boolean;
  core: Core;
  closing: AbortSignal;
}

/** Gives a door its part of the server. `scope` has the door's prefix. */
export function mountDoor<C>(scope: FastifyInstance, mounting: Mounting<C>): void {
  const { door, core } = mounting;
  if (mounting.rawBodies === true) {
    acceptRawBodies(scope);
  } else {
    acceptJsonBodies(scope);
    acceptForms(scope);
    acceptStreams(scope);
  }
  // The routes check and write for themselves; their schemas are for the documents.
  scope.setValidatorCompiler(() => () => true);
  scope.setSerializerCompiler(() => (value) => JSON.stringify(value));
  scope.setErrorHandler((error, request, reply) => sendError(error, request, reply, door, core.log));
  scope.setNotFoundHandler(() => {
    throw new HttpProblem('not_found', 'There is nothing at this address.');
  });

  const allowed = new Map<string, string[]>();
  const adder =
    (method: Method) =>
    <B extends TSchema, Q extends TSchema, P extends TSchema, R extends TSchema>(
      path: string,
      route: Route<C, B, Q, P, R>,
    ): void => {
      allowed.set(path, [
        ...(allowed.get(path) ?? []),
        ...(method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]),
      ]);
      addRoute(scope, mounting, method, path, route);
    };
  const table: RouteTable<C> = {
    get: adder('get'),
    post: adder('post'),
    put: adder('put'),
    patch: adder('patch'),
    delete: adder('delete'),
    open(path, route) {
      allowed.set(path, [...(allowed.get(path) ?? []), 'GET', 'HEAD']);
      const { closing, longReplies } = mounting;
      addRoute(scope, { door, core, closing, admit: admitAll, longReplies }, 'get', path, route);
    },
  };
  door.routes(table);
  for (const [path, methods] of allowed) refuseOtherMethods(scope, path, methods);
}

/** For what is public, or proves itself. */
export const admitAll: Admit<undefined> = async () => undefined;

function addRoute<C, B extends TSchema, Q extends TSchema, P extends TSchema, R extends TSchema>(
  scope: FastifyInstance,
  mounting: Mounting<C>,
  method: Method,
  path: string,
  route: Route<C, B, Q, P, R>,
): void {
  const { core, closing, owner, longReplies } = mounting;
  const callers = new WeakMap<FastifyRequest, C>();
  const bodyOf = validatorOf(route.body, 'body');
  // `curl -X POST` sends none, which is right where no field has to be there.
  const mayBeAbsent = method === 'post' && route.body !== undefined && Value.Check(route.body, {});
  const queryOf = validatorOf(route.query, 'query');
  const paramsOf = validatorOf(route.params, 'params');
  const name = `${method.toUpperCase()} ${scope.prefix}${path}`;

  scope.route({
    method: method.toUpperCase(),
    url: path,
    ...(route.bodyLimitBytes === undefined ? {} : { bodyLimit: route.bodyLimitBytes }),
    config: { form: route.form === true, ...(route.stream === undefined ? {} : { stream: route.stream }) },
    schema: describeRoute(mounting.door, method, route, {
      keepsReplies: owner !== undefined && route.unkept !== true,
      open: mounting.admit === admitAll,
    }),
    onRequest: async (request, reply) => {
      if (route.anyOrigin === true) void reply.header('access-control-allow-origin', '*');
      const auth = await mounting.admit(request, reply, route.scope);
      await route.allow?.({ core, auth });
      callers.set(request, auth);
    },
    handler: async (request, reply) => {
      refuseUnstorableAddress(request);
      const auth = callers.get(request) as C;
      if (method === 'get' && route.returnsType !== undefined && owner !== undefined) {
        longReplies.admit(owner(auth).accountId, reply);
      }
      const handling = {
        auth,
        // The validators check what Static<> promises.
        body: (isFile(request.body)
          ? request.body
          : bodyOf(mayBeAbsent && request.body === undefined ? {} : request.body)) as Static<B>,
        query: queryOf(request.query) as Static<Q>,
        params: paramsOf(request.params) as Static<P>,
        request,
        reply,
        closing,
        countReader: (link: LinkedFile) => longReplies.admitByLink(link, reply),
      };
      const handle = (given: Core): Promise<Static<R> | Readable | undefined> =>
        route.handle({ ...handling, core: given });

      const settle = async (done: unknown): Promise<void> => route.settle?.({ core, auth, closing }, done as Static<R>);
      const keepsReply = method === 'post' && owner !== undefined && route.unkept !== true;
      const keyed = keepsReply ? keyedRequest(request, name, owner(auth), core) : undefined;
      if (route.together !== undefined) {
        const status = route.status ?? 200;
        const keep = keyed === undefined ? undefined : { request: keyed, status, body: toJson };
        try {
          const value = await route.together({ ...handling, core }, keep);
          if (value === 'in_flight') throw inFlight();
          if (value !== undefined) return sendValue(reply, value, status);
        } catch (error) {
          // Refused again below, where the refusal is kept.
          if (keyed === undefined || refusalToKeep(error, request, mounting) === undefined) throw error;
        }
      }
      if (keyed === undefined) {
        const value = await handle(core);
        await settle(value);
        const whole = route.withLinks === undefined ? value : route.withLinks({ core, auth }, value as Static<R>);
        return reply.sent ? reply : sendValue(reply, whole, route.status);
      }

      let done: unknown;
      const kept = await keepReply(core, keyed, {
        secret: route.secretReply ?? false,
        async run(given) {
          const value = await handle(given);
          done = value;
          const status = statusOf(reply, value, route.status);
          if (status === 429 || status >= 500) throw new Error('a reply that must not be kept is thrown, not returned');
          return { status, body: toJson(value) };
        },
        refused: (error) => refusalToKeep(error, request, mounting),
      });
      if (kept.replayed) {
        void reply.header('idempotency-replayed', 'true');
        // The first may wait still, or have died; where it waits, it takes back what was kept.
        if (kept.status < 400 && route.settle !== undefined) await settle(JSON.parse(kept.body));
      } else if (kept.status < 400) {
        try {
          await settle(done);
        } catch (error) {
          await forgetReply(core, keyed);
          throw error;
        }
      }
      if (route.withLinks === undefined || kept.status >= 400 || kept.body === FORGOTTEN_REPLY) {
        return sendText(reply, kept);
      }
      const whole = route.withLinks({ core, auth }, JSON.parse(kept.body) as Static<R>);
      return sendText(reply, { status: kept.status, body: toJson(whole) });
    },
  });
}

/** Only where the route takes one. */
function isFile(body: unknown): boolean {
  return body instanceof Readable;
}

function validatorOf(schema: TSchema | undefined, part: Part): (value: unknown) => unknown {
  return schema === undefined ? (value) => value : compileValidator(schema, part);
}

/** 429 and 5xx are not kept (rule 28), and neither is what is refused before the work begins. */
function refusalToKeep<C>(error: unknown, request: FastifyRequest, { door }: Mounting<C>): Reply | undefined {
  const { problem, defect } = explainError(error, door, request.id);
  if (defect || problem.status === 429 || problem.status >= 500) return undefined;
  return { status: problem.status, body: toJson(door.presentError(problem)) };
}

const PRINTABLE = /^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/;

/**
 * The path is part of the hash: one route serves many. It has a key, for a body may hold a code, of which there are so
 * few that whoever reads a plain hash could try them all.
 */
function keyedRequest(
  request: FastifyRequest,
  route: string,
  { accountId, mode, siteId }: ReplyOwner,
  { secrets }: Pick<Core, 'secrets'>,
): KeptRequest | undefined {
  const key = idempotencyKey(request);
  if (key === undefined) return undefined;
  const hash = createHmac('sha256', secrets.derive('repeated requests'))
    .update(`${request.url}\n`)
    .update(bodyHash(request))
    .digest();
  return { accountId, mode, route: siteId === undefined ? route : `${route} of ${siteId}`, key, hash };
}

function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && PRINTABLE.test(key)) return key;
  throw new HttpProblem('idempotency_key_invalid', 'An Idempotency-Key is 1 to 255 printable ASCII characters.', {
    field: 'Idempotency-Key',
  });
}

function refuseUnstorableAddress(request: FastifyRequest): void {
  for (const part of [request.params, request.query]) {
    for (const value of Object.values(part as Record<string, string | string[]>).flat()) refuseUnstorableText(value);
  }
}

function statusOf(reply: FastifyReply, value: unknown, declared: number | undefined): number {
  if (reply.statusCode !== 200) return reply.statusCode;
  return declared ?? (value === undefined ? 204 : 200);
}

function toJson(value: unknown): string {
  if (value instanceof Readable) throw new Error('a stream cannot be kept under an Idempotency-Key');
  return value === undefined ? '' : JSON.stringify(value);
}

function sendValue(reply: FastifyReply, value: unknown, declared: number | undefined): FastifyReply {
  const status = statusOf(reply, value, declared);
  if (value instanceof Readable) return reply.code(status).send(value);
  return sendText(reply, { status, body: toJson(value) });
}

function sendText(reply: FastifyReply, { status, body }: Reply): FastifyReply {
  void reply.code(status);
  return body === '' ? reply.send() : reply.type('application/json; charset=utf-8').send(body);
}
