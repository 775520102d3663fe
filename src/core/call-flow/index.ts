/** Where a call leads: pure, without database and without phone; the live call and the simulation are led by the same. */
export { ROUTING_LIMITS } from '#core/call-flow/check-bodies.js';
export { beginOfNumber } from '#core/call-flow/begin-of-number.js';
export { belongingsOf } from '#core/call-flow/belongings.js';
export { checkFlow, type FlowCheck } from '#core/call-flow/check-flow.js';
export { DEFAULT_SETTINGS, USUAL_RING_SECONDS } from '#core/call-flow/default-settings.js';
export { directoryOf, findBySpelling, keysOf, type DirectoryEntry } from '#core/call-flow/directory.js';
export {
  flowPhone,
  type FlowConfiguration,
  type FlowPhone,
  type FlowProblem,
  type FlowUser,
} from '#core/call-flow/flow-configuration.js';
export { FlowMachine } from '#core/call-flow/flow-machine.js';
export {
  RING_STRATEGIES,
  ROUTING_KINDS,
  type Destination,
  type DestinationType,
  type Extension,
  type ForwardingNumber,
  type ForwardingSchedule,
  type Holiday,
  type Hours,
  type Mailbox,
  type Menu,
  type MenuOption,
  type NumberRouting,
  type PhoneSystemSettings,
  type Prompt,
  type RingGroup,
  type RingGroupMember,
  type RingStrategy,
  type RoutingBodies,
  type RoutingKind,
  type SingleKind,
} from '#core/call-flow/flow-objects.js';
export {
  FLOW_EVENT_TYPES,
  type FlowCall,
  type FlowEvent,
  type FlowEventType,
  type FlowInput,
  type FlowMemory,
  type FlowStep,
  type HangupReason,
  type NotTaken,
  type NoWay,
  type RingTarget,
} from '#core/call-flow/flow-step.js';
export { hoursState, scheduleIsOpen, type HoursState } from '#core/call-flow/hours-state.js';
export { numberingOf, type Numbering } from '#core/call-flow/numbering.js';
export { ringTargets } from '#core/call-flow/ring-targets.js';
export { causeInWords } from '#core/call-flow/ring-stage.js';
export { nameOf } from '#core/call-flow/object-names.js';
export { isNamed, mapDestinations, pathOf, promptsOf, type Named } from '#core/call-flow/references.js';
export { objectsIn, usesIn } from '#core/call-flow/uses-in.js';
