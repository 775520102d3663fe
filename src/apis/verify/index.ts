export { pricingDoor } from '#apis/verify/pricing-door.js';
export { verifyDoor } from '#apis/verify/verify-door.js';
export {
  ENDPOINT_DIALECT,
  ENDPOINT_WEBHOOKS,
  INTEGRATION_DIALECT,
  INTEGRATION_WEBHOOKS,
} from '#apis/verify/callbacks.js';
