export type TrunkErrorCode = 'trunk.bad_input' | 'trunk.name_taken' | 'trunk.not_found' | 'trunk.unreachable_from_here';
