export { adminDoor } from '#apis/admin/admin-door.js';
export type { AdminParts } from '#apis/admin/admin-parts.js';
