/** The server under all doors: what a door needs to declare itself, and what the app needs to run it. */
export { buildServer, type HttpServer, type ServerParts } from '#apis/http/build-server.js';
export type {
  Door,
  DoorDocs,
  Handling,
  KeyDoor,
  OpenDoor,
  OperatorDoor,
  Refusal,
  Route,
  RouteTable,
} from '#apis/http/door.js';
export type { UploadedFile } from '#apis/http/form-body.js';
export { fileOf } from '#apis/http/stream-body.js';
export type { ReadyCheck } from '#apis/http/health.js';
export { keepPresented, purgeKeptReplies } from '#apis/http/keep-reply.js';
export { sendFile } from '#apis/http/send-file.js';
export { HttpProblem, PROBLEM_STATUSES, type Fault, type Problem, type ProblemCode } from '#apis/http/problem.js';
