export { apiAccessDoor, REQUESTS_PER_MINUTE } from '#apis/api-access/api-access-door.js';
