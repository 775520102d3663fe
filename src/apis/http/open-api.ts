import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifySchema } from 'fastify';
import Type, { type TSchema } from 'typebox';
import { FILE_TYPES } from '#apis/http/stream-body.js';
import type { Door, DoorBase, Method, Route } from '#apis/http/door.js';

const ERROR = { $ref: 'Error#' };

const IdempotencyHeader = Type.Object({
  'Idempotency-Key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description:
        'Repeat a request with the same key within 24 hours and it is done once: the first reply comes again.',
    }),
  ),
});

/** Starts the door's OpenAPI 3.1 document: collects the routes that are added to the scope from now on. */
export async function startDocument(scope: FastifyInstance, door: Door, version: string): Promise<void> {
  const { docs, guard } = door;
  if (docs === undefined) return;
  scope.addSchema({ $id: 'Error', ...docs.errorSchema });
  const headers = guard.kind === 'key' ? (guard.headers ?? []) : [];
  await scope.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: docs.title, description: docs.description, version },
      servers: [{ url: '/', description: 'This server' }],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          ...Object.fromEntries(headers.map((name) => [name, { type: 'apiKey', in: 'header', name }])),
        },
      },
      security: [{ bearer: [] }, ...headers.map((name) => ({ [name]: [] }))],
      webhooks: Object.fromEntries(
        Object.entries(docs.webhooks ?? {}).map(([name, { summary, description = '', body }]) => [
          name,
          {
            post: {
              summary,
              description,
              requestBody: { required: true, content: { 'application/json': { schema: body } } },
              responses: { '2XX': { description: 'Received. Anything else is tried again.' } },
            },
          },
        ]),
      ),
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, index) => textOr(json['$id'], `schema-${index}`) },
  });
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

/** A route as the document shows it. Nothing is validated or serialised by it. */
export function describeRoute<C, B extends TSchema, Q extends TSchema, P extends TSchema, R extends TSchema>(
  door: DoorBase<C>,
  method: Method,
  route: Route<C, B, Q, P, R>,
  { keepsReplies, open }: { keepsReplies: boolean; open: boolean },
): FastifySchema {
  if (door.docs === undefined) return { hide: true };
  const scope = route.scope === undefined ? [] : [`Scope: \`${route.scope}\`.`];
  const errors = [
    ...(route.body === undefined && route.query === undefined ? [] : [door.problems?.invalid_input?.status ?? 400]),
    ...(open ? [] : [401, 403]),
    ...(route.refuses ?? []),
    ...(route.params === undefined ? [] : [404]),
    ...(method === 'post' && keepsReplies ? [409] : []),
    ...[429, 500],
  ];
  return {
    operationId: route.id,
    summary: route.summary,
    ...(open ? { security: [] } : {}),
    description: [...(route.description === undefined ? [] : [route.description]), ...scope].join('\n\n'),
    ...(route.tag === undefined ? {} : { tags: [route.tag] }),
    ...(route.body === undefined ? {} : { body: route.body }),
    ...(route.form === true ? { consumes: ['multipart/form-data'] } : {}),
    ...fileBody(route),
    ...(route.query === undefined ? {} : { querystring: route.query }),
    ...(route.params === undefined ? {} : { params: route.params }),
    ...(method === 'post' && keepsReplies ? { headers: IdempotencyHeader } : {}),
    response: { ...successReply(route), ...Object.fromEntries(errors.map((status) => [status, ERROR])) },
  };
}

/** A file, in place of JSON or beside it. */
function fileBody({ body, stream }: Pick<Route<never, TSchema, TSchema, TSchema, TSchema>, 'body' | 'stream'>) {
  if (stream === undefined) return {};
  const file = { type: 'string', format: 'binary' };
  if (body === undefined) return { consumes: [...FILE_TYPES], body: file };
  const [csv] = FILE_TYPES;
  return { body: { content: { 'application/json': { schema: body }, [csv]: { schema: file } } } };
}

function successReply<C, B extends TSchema, Q extends TSchema, P extends TSchema, R extends TSchema>(
  route: Route<C, B, Q, P, R>,
): Record<number, unknown> {
  const { returns, returnsType } = route;
  if (returnsType !== undefined) {
    const content = { [returnsType]: { schema: returns ?? { type: 'string', format: 'binary' } } };
    return { [route.status ?? 200]: { description: 'Success', content } };
  }
  if (returns === undefined) return { [route.status ?? 204]: { type: 'null', description: 'Success' } };
  return { [route.status ?? 200]: { description: 'Success', ...returns } };
}
