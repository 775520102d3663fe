/** Who asks for the API of an account, and what became of it. */
export type { AccessRequest } from '#core/api-access/access-request.js';
export { grantAccess, refuseAccess, refuseAllAccess } from '#core/api-access/decide-request.js';
export type { ApiAccessErrorCode } from '#core/api-access/errors.js';
export { listAccessRequests } from '#core/api-access/list-requests.js';
export { purgeAccessRequests } from '#core/api-access/purge-requests.js';
export {
  ACCESS_REQUEST_LIMITS,
  MOST_WAITING,
  requestAccess,
  type RequestAccess,
} from '#core/api-access/request-access.js';
