import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import type { Static, TSchema } from 'typebox';
import type { LinkedFile } from '#apis/http/long-replies.js';
import type { Problem, ProblemCode } from '#apis/http/problem.js';
import type { Caller, LimitName, Scope } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import type { ErrorCode } from '#core/errors.js';
import type { KeepWith } from '#core/kept-request.js';

/** A dialect of the API under one path: what it accepts, and how it says things. `mount` gives it to the server. */
export type Door = KeyDoor | OperatorDoor | OpenDoor;

/** For clients, who present a key of an account. */
export interface KeyDoor extends DoorBase<Caller> {
  guard: {
    kind: 'key';
    /** Headers that may hold the key beside `Authorization: Bearer`, lower case. */
    headers?: readonly string[];
    /** The limit on requests in any rolling 60 s; absent: the door measures what is used instead. */
    limit?: LimitName;
    limitedPer: 'account' | 'key';
  };
}

/** For the operator's command line, which presents the token of this run. Without limits, idempotency and scopes. */
export interface OperatorDoor extends DoorBase<undefined> {
  guard: { kind: 'token'; token: string };
}

/** For requests that prove by what they hold where they come from. Bodies of any type are given as a Buffer. */
export interface OpenDoor extends DoorBase<undefined> {
  guard: { kind: 'open' };
}

export interface DoorBase<C> {
  /** In file names, labels and log lines: `outreach`. */
  name: string;
  /** Where it is mounted: `/api/v1`. */
  prefix: string;
  /** Of its OpenAPI document; absent: it is not in `/docs`. */
  docs?: DoorDocs;
  /** The body of every error. */
  presentError(problem: Problem): unknown;
  /** What becomes of core's refusals; build it with `satisfies Record<…ErrorCode, Refusal>`. An absent one is our 500. */
  refusals: Partial<Record<ErrorCode, Refusal>>;
  /** Where this door's status or code differs for what the server itself refuses. */
  problems?: Partial<Record<ProblemCode, Partial<Refusal>>>;
  /** Core's names of fields, as this door calls them; of one feature alone, after its noun: `contact:email`. */
  fieldNames?: Record<string, string>;
  routes: (table: RouteTable<C>) => void;
}

export interface Refusal {
  status: number;
  code: string;
}

export interface DoorDocs {
  title: string;
  /** Markdown. */
  description: string;
  errorSchema: TSchema;
  /** Where the document is found beside `/docs/<name>.json`: `/api/openapi.json`. */
  alsoAt?: string;
  /** The requests we make to others, by event name. */
  webhooks?: Record<string, { summary: string; description?: string; body: TSchema }>;
}

/** What a handler is given. */
export interface Handling<C, B = unknown, Q = unknown, P = unknown> {
  /**
   * In a POST with an Idempotency-Key `db` is a transaction, committed with the kept reply after the handler; `wake`
   * then waits for the commit. Use cases open theirs with `core/in-transaction.ts`.
   */
  core: Core;
  auth: C;
  body: B;
  query: Q;
  params: P;
  request: FastifyRequest;
  reply: FastifyReply;
  /**
   * Counts the reply among those that are read by links, and ends it in time: every file of a route without a key, whose
   * link says whose it is; those with a key are counted by themselves. @throws HttpProblem `rate_limited`
   */
  countReader: (link: LinkedFile) => void;
  /** Aborts when the server closes: ends replies that would stream for ever. */
  closing: AbortSignal;
}

export interface Route<C, B extends TSchema, Q extends TSchema, P extends TSchema, R extends TSchema> {
  /** OpenAPI's operationId: `placeCall`. */
  id: string;
  summary: string;
  description?: string;
  tag?: string;
  /** What a key needs. Absent: any good key will do. */
  scope?: Scope;
  /** Looks at who asks, before the body is read; throws what the door answers then. */
  allow?(handling: Pick<Handling<C>, 'core' | 'auth'>): Promise<void> | void;
  /** Statuses that only this route answers with, for its document. */
  refuses?: readonly number[];
  /** Not coerced, nothing removed. Make objects strict, with `additionalProperties: false`. */
  body?: B;
  /** Text is turned into the types of these two; defaults are filled in. */
  query?: Q;
  params?: P;
  /** Of success. Default 200, or 204 where the handler gives undefined. The handler may set another than 200. */
  status?: number;
  /** Describes the reply; it is not checked, for by then the work is done. */
  returns?: R;
  /** In place of application/json, for a handler that gives a stream. */
  returnsType?: string;
  /** The reply holds a secret: kept encrypted under its Idempotency-Key. */
  secretReply?: boolean;
  /**
   * Puts into a reply what is made as it is sent, and kept nowhere: links that need no key. Of what the handler gave, and
   * of what is kept of it under an Idempotency-Key.
   */
  withLinks?(handling: Pick<Handling<C>, 'core' | 'auth'>, reply: Static<R>): Static<R>;
  bodyLimitBytes?: number;
  /** The body is multipart/form-data: an object of texts, and of `UploadedFile`s, which the schema does not check. */
  form?: boolean;
  /**
   * The body is a file, handed on as it comes: a `Readable` that the handler reads and limits. A file of more than
   * `mostBytes` is refused where its sender says so at once. Such a route is `unkept`. With a `body` beside it, JSON is
   * taken, too.
   */
  stream?: { mostBytes: number };
  /** The reply is a stream, and so not kept: an Idempotency-Key means nothing. */
  unkept?: boolean;
  /** Of an open route: pages of other sites may read it (CORS). Only for what is public anyway (rule 25). */
  anyOrigin?: boolean;
  /**
   * For a POST that comes often: does the work together with others that wait, in one statement that also keeps the
   * reply under the Idempotency-Key, if there is one. Undefined: it did nothing, and `handle` does it alone, or says
   * why not. `in_flight`: it did nothing, for one with the same key is being worked on. Not with `secretReply`.
   */
  together?(
    handling: Pick<Handling<C, Static<B>, Static<Q>, Static<P>>, 'core' | 'auth' | 'body' | 'query' | 'params'>,
    keep: KeepWith<Static<R>> | undefined,
  ): Promise<Static<R> | 'in_flight' | undefined>;
  handle(handling: Handling<C, Static<B>, Static<Q>, Static<P>>): Promise<Static<R> | Readable | undefined>;
  /**
   * Waits, after the commit and before the reply, for what the reply promises. What it throws takes the place of the
   * reply, which is then not kept under its Idempotency-Key: a repetition does the work anew. One that comes before that
   * waits for the same.
   */
  settle?(handling: Pick<Handling<C>, 'core' | 'auth' | 'closing'>, done: Static<R>): Promise<void>;
}

type AddRoute<C> = <B extends TSchema, Q extends TSchema, P extends TSchema, R extends TSchema>(
  /** Below the door's prefix; parameters as `:id`. */
  path: string,
  route: Route<C, B, Q, P, R>,
) => void;

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
export type RouteTable<C> = Record<Method, AddRoute<C>> & {
  /** A GET for everybody, without a key. For what is public anyway, or named by a secret link. */
  open: AddRoute<undefined>;
};
