export { carrierCallbacksDoor } from '#apis/carrier-callbacks/callbacks-door.js';
