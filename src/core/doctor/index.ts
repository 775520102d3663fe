export { runChecks, type Check, type Installation } from '#core/doctor/run-checks.js';
