import Fastify, { type FastifyInstance } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import type { Registry } from 'prom-client';
import type { Clock } from '#clock.js';
import { ConfigError, type HttpConfig } from '#config.js';
import { admitKeys, admitOperator } from '#apis/http/admission.js';
import { CertificateWatch, readCertificate } from '#apis/http/certificate.js';
import { followConnections, type Connections } from '#apis/http/connections.js';
import { serveDocs, type DoorDocument } from '#apis/http/docs-pages.js';
import type { Door, KeyDoor, OperatorDoor } from '#apis/http/door.js';
import { serveHealth, type ReadyCheck } from '#apis/http/health.js';
import { serveMetrics } from '#apis/http/metrics.js';
import { LongReplies } from '#apis/http/long-replies.js';
import { admitAll, mountDoor } from '#apis/http/mount-door.js';
import { startDocument } from '#apis/http/open-api.js';
import { HttpProblem } from '#apis/http/problem.js';
import { plainErrors, sendError } from '#apis/http/send-error.js';
import type { KeyRing } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';

export interface ServerParts {
  core: Core;
  keyRing: KeyRing;
  config: HttpConfig;
  doors: readonly Door[];
  /** What `/readyz` asks. */
  ready: Record<string, ReadyCheck>;
  metrics: Registry;
  /** Of Sidetone, for the documents. */
  version: string;
}

export interface HttpServer {
  /** For requests without a socket: `app.inject`. */
  app: FastifyInstance;
  /** @throws ConfigError of one line when the port cannot be had */
  listen(): Promise<{ host: string; port: number }>;
  /** Takes no new request, finishes those being worked on (at most 10 s), then ends. Idempotent. */
  close(): Promise<void>;
}

const LARGEST_BODY_BYTES = 1024 * 1024;
/** For a whole request to arrive. */
const LONGEST_ARRIVAL_MS = 60_000;
/** For a file of which bytes go on coming. */
const LONGEST_FILE_ARRIVAL_MS = 3_600_000;
const LONGEST_CLOSE_MS = 10_000;
const LONGEST_PARAMETER = 255;

/** The HTTP server under all doors. */
export async function buildServer(parts: ServerParts): Promise<HttpServer> {
  const { core, config, doors } = parts;
  const certificate = config.tls === undefined ? undefined : readCertificate(config.tls);
  const doorAt = (url: string) =>
    doors.find(({ prefix }) => url === prefix || url.startsWith(`${prefix}/`) || url.startsWith(`${prefix}?`));

  const app = Fastify({
    ...(certificate === undefined ? {} : { https: { ...certificate, minVersion: 'TLSv1.2' } }),
    logger: false,
    trustProxy: config.trustedProxies.length > 0 ? config.trustedProxies : false,
    bodyLimit: LARGEST_BODY_BYTES,
    requestTimeout: LONGEST_FILE_ARRIVAL_MS,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    genReqId: requestId,
    frameworkErrors: (error, request, reply) => {
      const door = doorAt(request.raw.url ?? '') ?? plainErrors;
      void sendError(error, request, reply, door, core.log);
    },
  }) as unknown as FastifyInstance;

  app.setErrorHandler((error, request, reply) => sendError(error, request, reply, plainErrors, core.log));
  app.setNotFoundHandler(() => {
    throw new HttpProblem('not_found', 'There is nothing at this address; /docs says what there is.');
  });

  const closing = new AbortController();
  followRequests(app, core, closing.signal);
  limitArrivals(app);
  serveHealth(app, parts.ready, core.clock);
  serveMetrics(app, parts.metrics);

  const longReplies = new LongReplies(core.clock);
  const documents: DoorDocument[] = [];
  for (const door of doors) {
    await app.register(
      async (scope) => {
        await startDocument(scope, door, parts.version);
        const { name, docs } = door;
        if (docs !== undefined) {
          documents.push({ name, title: docs.title, alsoAt: docs.alsoAt, read: () => scope.swagger() });
        }
        mount(scope, door, parts, closing.signal, longReplies);
      },
      { prefix: door.prefix },
    );
  }
  await serveDocs(app, documents);
  await app.ready();

  const watch =
    config.tls === undefined || certificate === undefined
      ? undefined
      : new CertificateWatch(app.server as unknown as TlsServer, config.tls, certificate, core);
  const connections = followConnections(app.server, closing.signal);
  let closed: Promise<void> | undefined;
  return {
    app,
    listen: () => listen(app, config),
    close: () => {
      watch?.close();
      closing.abort();
      return (closed ??= closeWithin(app, connections, core.clock));
    },
  };
}

function mount(
  scope: FastifyInstance,
  door: Door,
  parts: ServerParts,
  closing: AbortSignal,
  longReplies: LongReplies,
): void {
  const { core, keyRing } = parts;
  if (isKeyDoor(door)) {
    const admit = admitKeys(door, core, keyRing);
    mountDoor(scope, { door, core, closing, admit, owner: (caller) => caller, longReplies });
  } else if (isOperatorDoor(door)) {
    mountDoor(scope, { door, core, closing, admit: admitOperator(door), longReplies });
  } else {
    mountDoor(scope, { door, core, closing, admit: admitAll, rawBodies: true, longReplies });
  }
}

function isKeyDoor(door: Door): door is KeyDoor {
  return door.guard.kind === 'key';
}

function isOperatorDoor(door: Door): door is OperatorDoor {
  return door.guard.kind === 'token';
}

/** One the client chose, if it can go into a header and a log line as it is. */
function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given)
    ? given
    : `req_${randomUUID().replaceAll('-', '')}`;
}

/** Ids in replies, a line in the log, and 503 for what comes on an open connection while the server closes. */
function followRequests(app: FastifyInstance, core: Core, closing: AbortSignal): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
    if (closing.aborted) {
      throw new HttpProblem('unavailable', 'The server is shutting down.', { headers: { 'retry-after': '5' } });
    }
  });
  app.addHook('onSend', async (_request, reply) => {
    if (closing.aborted) void reply.header('connection', 'close');
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, id } = request;
    // The route as declared, not the address: that may hold a number.
    const route = request.is404 ? undefined : request.routeOptions.url;
    core.log.info(
      { requestId: id, method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'request',
    );
  });
}

/** A body that does not come is not waited for, but where a route takes files: that looks after itself. */
function limitArrivals(app: FastifyInstance): void {
  const timers = new WeakMap<object, NodeJS.Timeout>();
  app.addHook('onRequest', async (request) => {
    // A request of a test without a socket says nothing of it.
    if (request.raw.complete !== false || request.routeOptions.config.stream !== undefined) return;
    const { socket } = request.raw;
    timers.set(request.raw, setTimeout(() => request.raw.complete || socket.destroy(), LONGEST_ARRIVAL_MS).unref());
  });
  app.addHook('onResponse', async (request) => clearTimeout(timers.get(request.raw)));
}

async function listen(app: FastifyInstance, { host, port }: HttpConfig): Promise<{ host: string; port: number }> {
  try {
    // The name stands for two addresses, on which a free port would be two different ones.
    await app.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new ConfigError(`SIDETONE_PORT: port ${port} on ${host} is in use`);
    if (code === 'EACCES') throw new ConfigError(`SIDETONE_PORT: port ${port} may not be opened by this user`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new ConfigError(`SIDETONE_HOST: ${host} is not an address of this machine`);
    }
    throw error;
  }
  const { address, port: bound } = app.server.address() as AddressInfo;
  return { host: address, port: bound };
}

async function closeWithin(app: FastifyInstance, connections: Connections, clock: Clock): Promise<void> {
  const timer = clock.after(LONGEST_CLOSE_MS, () => app.server.closeAllConnections());
  const ended = app.close();
  await connections.quiet();
  // Those that never sent a request do not count as idle in Node, and would hold up the end for a minute.
  app.server.closeAllConnections();
  await ended;
  timer.cancel();
}
