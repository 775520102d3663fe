/** What would happen to a call, without one. */
export {
  simulateCall,
  type SimulateCall,
  type SimulatedAnswer,
  type SimulatedCall,
} from '#core/call-simulation/simulate-call.js';
