export { verifyDoor } from '#apis/verify/verify-door.js';
