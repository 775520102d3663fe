export { filesDoor } from '#apis/files/files-door.js';
